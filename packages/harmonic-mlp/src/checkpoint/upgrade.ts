/** The version that files are written in. */
export const version = '3';

/** Turns the record of a training run of one version into that of the next. */
type Upgrade = (progress: Record<string, unknown>) => Record<string, unknown>;

/** Upgrades by the version in which a file was written. No other code knows older versions. */
const upgrades: Record<string, Upgrade | undefined> = {
  '1': ({ correct, schedule, scheduleKind, scheduleSettings, optimizerSettings, ...progress }) => {
    const [first] = Array.isArray(progress.history) ? progress.history : [];
    return {
      // Files of version 1 were not all alike: these entries were added over time.
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
  // The file got a checksum.
  '2': (progress) => progress,
};

/** `freqScale` used to be called `scale`. */
function upgradeOptimizer(settings: unknown): unknown {
  if (typeof settings !== 'object' || settings === null || !('scale' in settings)) return settings;
  const { scale: freqScale, ...others } = settings;
  return { freqScale, ...others };
}

/** Whether files of a version can be read. */
export const isReadable = (from: string | undefined): from is string =>
  from === version || Object.hasOwn(upgrades, String(from));

/** Whether files of a version have a checksum. */
export const isChecked = (from: string): boolean => Number(from) >= 3;

/** Upgrades the record of a training run to the current version. */
export function upgradeProgress(from: string, progress: object): object {
  let upgraded = progress as Record<string, unknown>;
  for (let at = from; at !== version; at = String(Number(at) + 1)) upgraded = upgrades[at]!(upgraded);
  return upgraded;
}
