import type { EpochRecord, Evaluation, TaskName } from 'harmonic-mlp';

/** The record of an epoch, whatever the task. */
export type AnyRecord = EpochRecord<number | undefined>;

/** A metric of a task, as people read it. */
export interface Measure {
  /** Its name in results: `rmse`. */
  name: string;
  /** Its name in a sentence: `RMSE`. */
  title: string;
  text(value: number | undefined): string;
}

/** By what the models of a task are reported and compared. */
export interface Scoring {
  /** Decides which model is the best. */
  main: Measure;
  /** All metrics, the main one first. */
  measures: readonly Measure[];
  isBetter(value: number, than: number): boolean;
  /** The text of a loss. */
  lossText(loss: number): string;
  /** The columns for the metrics of an epoch in the table of a run, which fit the texts. */
  columns: readonly Column[];
}

interface Column {
  title: string | ((measuredOn: MeasuredOn) => string);
  width: number;
  optional?: boolean;
  text(record: AnyRecord): string;
}

/** The examples on which a model is evaluated after each epoch. */
export type MeasuredOn = 'test' | 'validation';

const none = '–';

const percent = (fraction: number | undefined) =>
  fraction === undefined ? none : `${(100 * fraction).toFixed(2)}%`;

/** To three digits. */
function figure(value: number | undefined): string {
  if (value === undefined) return none;
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
}

const short = (measuredOn: MeasuredOn) => (measuredOn === 'test' ? 'test' : 'valid.');

const accuracy: Measure = { name: 'accuracy', title: 'accuracy', text: percent };
const rmse: Measure = { name: 'rmse', title: 'RMSE', text: figure };
const r2: Measure = { name: 'r2', title: 'R²', text: (value) => value?.toFixed(4) ?? none };

const classification: Scoring = {
  main: accuracy,
  measures: [accuracy],
  isBetter: (value, than) => value > than,
  lossText: (loss) => loss.toFixed(4),
  columns: [
    { title: 'train', width: 7, optional: true, text: ({ trainAccuracy }) => percent(trainAccuracy) },
    { title: short, width: 7, text: ({ validation }) => percent(validation?.accuracy) },
  ],
};

const regression: Scoring = {
  main: rmse,
  measures: [rmse, r2],
  isBetter: (value, than) => value < than,
  // Losses of standardized targets become as small as a network is good.
  lossText: figure,
  columns: [
    { title: (on) => `${short(on)} RMSE`, width: 11, text: ({ validation }) => figure(validation?.rmse) },
    { title: 'R²', width: 7, optional: true, text: ({ validation }) => r2.text(validation?.r2) },
  ],
};

/** The scoring of a task. */
export const scoringOf = (task: TaskName = 'classification'): Scoring =>
  task === 'regression' ? regression : classification;

/** The main metric of an evaluation. */
export const scoreOf = (
  { main }: Scoring,
  evaluation: Evaluation<number | undefined> | undefined,
): number | undefined => evaluation?.[main.name];

/** The best value of the main metric after the epochs of a run, if any was evaluated. */
export const bestOf = (scoring: Scoring, history: readonly AnyRecord[]): number | undefined =>
  history
    .flatMap(({ validation }) => scoreOf(scoring, validation) ?? [])
    .reduce<number | undefined>(
      (best, value) => (best === undefined || scoring.isBetter(value, best) ? value : best),
      undefined,
    );

/**
 * The metrics as entries of an object for programs: `testRmse`.
 *
 * @param of gives the value of a metric.
 */
export const named = (
  { measures }: Pick<Scoring, 'measures'>,
  prefix: string,
  of: (metric: string) => number | null | undefined,
): Record<string, number | null | undefined> =>
  Object.fromEntries(
    measures.map(({ name }) => [`${prefix}${name[0].toUpperCase()}${name.slice(1)}`, of(name)]),
  );
