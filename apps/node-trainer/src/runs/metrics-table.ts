import { named } from '../scoring';
import type { Run } from './run';
import { type Difference, differingSettings } from './settings-of-runs';

/** A row of metrics: those of one epoch of one run, by column. */
export type MetricsRow = Readonly<Record<string, unknown>>;

/**
 * The metrics of runs in long form: a row for each run and epoch, with the run, the settings that differ between the runs as
 * `settings.learningRate`, and the metrics by the names that `train --json` has for them.
 *
 * @param names the names of the runs.
 */
export function metricsTable(
  runs: readonly Run[],
  names: readonly string[],
): { columns: string[]; rows: MetricsRow[] } {
  const differences = differingSettings(runs);
  const rows = runs.flatMap((run, i) => rowsOf(run, { run: names[i], ...settingsOf(differences, i) }));
  return { columns: [...new Set(rows.flatMap(Object.keys))], rows };
}

const settingsOf = (differences: readonly Difference[], run: number) =>
  Object.fromEntries(differences.map(({ name, values }) => [`settings.${name}`, values[run]]));

function rowsOf({ history, scoring, measuredOn }: Run, common: MetricsRow): MetricsRow[] {
  return history.map(
    ({ epoch, trainLoss, trainAccuracy, trainMetrics, validation, learningRate, seconds }) => {
      const inTraining: Record<string, number | undefined> = { accuracy: trainAccuracy, ...trainMetrics };
      return {
        ...common,
        epoch,
        learningRate,
        seconds,
        trainLoss,
        ...named(scoring, 'train', (metric) => inTraining[metric]),
        [`${measuredOn}Loss`]: validation?.loss,
        ...named(scoring, measuredOn, (metric) => validation?.[metric]),
      };
    },
  );
}
