/** The version that files are written in. */
export const version = '2';

/** What one version says of a training run, in the terms of the next one. */
type Upgrade = (progress: Record<string, unknown>) => Record<string, unknown>;

/** By the version that a file was written in. Nothing of an older one is known anywhere else. */
const upgrades: Record<string, Upgrade | undefined> = {
  '1': ({ correct, schedule, scheduleKind, scheduleSettings, optimizerSettings, ...progress }) => {
    const [first] = Array.isArray(progress.history) ? progress.history : [];
    return {
      // Files of version 1 were not all alike: what follows was added from time to time.
      dropLast: false,
      initialLearningRate: first?.learningRate ?? progress.learningRate,
      ...progress,
      metricSums: { accuracy: correct },
      schedule:
        schedule == null ? schedule : { kind: scheduleKind, settings: scheduleSettings, state: schedule },
      optimizerSettings: upgradeOptimizer(optimizerSettings),
      callbacks: {},
    };
  },
};

/** What is now called freqScale was the scale. */
function upgradeOptimizer(settings: unknown): unknown {
  if (typeof settings !== 'object' || settings === null || !('scale' in settings)) return settings;
  const { scale: freqScale, ...others } = settings;
  return { freqScale, ...others };
}

/** Whether there is a way from a version to the current one. */
export const isReadable = (from: string | undefined): from is string =>
  from === version || Object.hasOwn(upgrades, String(from));

/** What a file of an older version says of its training run, as the current one would. */
export function upgradeProgress(from: string, progress: object): object {
  let upgraded = progress as Record<string, unknown>;
  for (let at = from; at !== version; at = String(Number(at) + 1)) upgraded = upgrades[at]!(upgraded);
  return upgraded;
}
