import type { Axes, ValuesOf } from './axis';
import { estimate } from './estimate';
import type { TrialStatus, Trials } from './trials';

/** The trials of one configuration. */
export interface ConfigurationResult<A extends Axes = Axes> {
  /** Its number, from 0, in the order in which configurations were tried. */
  readonly configuration: number;
  /** The values of its axes; one that does not apply to it has none. */
  readonly values: Partial<ValuesOf<A>>;
  /** The score with each seed, in the order of the seeds; undefined for a trial that failed or was not trained. */
  readonly scores: readonly (number | undefined)[];
  /** The mean of the scores; NaN if there is none. */
  readonly mean: number;
  /** The half width of its 95 % confidence interval, by Student's t; NaN for fewer than two seeds. */
  readonly margin: number;
  /** `complete` if it was trained to the end with all seeds; `incomplete` if trials are still to be trained. */
  readonly state: 'complete' | 'pruned' | 'failed' | 'incomplete';
  /** The names of its trials. */
  readonly trials: readonly string[];
  /** What else `train` gave for each of them. */
  readonly results: readonly unknown[];
  /** The message of the first trial that failed. */
  readonly message?: string;
}

/** What a sweep has found. */
export interface SweepResult<A extends Axes = Axes> {
  /** All configurations that were tried: the complete ones first, the best of them first. */
  readonly configurations: readonly ConfigurationResult<A>[];
  /** The complete configuration with the best mean, the first of them if several have it; undefined if there is none. */
  readonly best?: ConfigurationResult<A>;
  /** The number of trials that have ended. */
  readonly trials: number;
  /** How many of them failed. */
  readonly failed: number;
  /** How many of them were pruned. */
  readonly pruned: number;
  /** Whether the signal ended it. */
  readonly aborted: boolean;
}

const order = ['complete', 'pruned', 'incomplete', 'failed'] as const;

export function resultOf<A extends Axes>(trials: Trials, aborted: boolean): SweepResult<A> {
  const configurations = trials.configurations
    .map((values, configuration) => {
      return configurationResult<A>(configuration, values as Partial<ValuesOf<A>>, trials.of(configuration));
    })
    .sort(
      (a, b) =>
        order.indexOf(a.state) - order.indexOf(b.state) ||
        compare(trials.lossOf(a.mean), trials.lossOf(b.mean)) ||
        a.configuration - b.configuration,
    );
  const count = (state: string) => trials.all.filter((trial) => trial.state === state).length;
  const [failed, pruned] = [count('failed'), count('pruned')];
  const first = configurations.find(({ state, mean }) => state === 'complete' && Number.isFinite(mean));
  return {
    configurations,
    ...(first && { best: first }),
    trials: count('finished') + failed + pruned,
    failed,
    pruned,
    aborted,
  };
}

function configurationResult<A extends Axes>(
  configuration: number,
  values: Partial<ValuesOf<A>>,
  own: readonly TrialStatus[],
): ConfigurationResult<A> {
  const scores = own.map(({ score }) => (Number.isFinite(score) ? score : undefined));
  const { mean, margin } = estimate(scores.filter((score) => score !== undefined));
  const has = (state: string) => own.some((trial) => trial.state === state);
  // A score that is not a number is the end of a training that failed.
  const isComplete = own.every((trial, i) => trial.state === 'finished' && scores[i] !== undefined);
  const message = own.find((trial) => trial.message !== undefined)?.message;
  return {
    configuration,
    values,
    scores,
    mean,
    margin,
    state: isComplete
      ? 'complete'
      : has('waiting') || has('running')
        ? 'incomplete'
        : has('failed') || !has('pruned')
          ? 'failed'
          : 'pruned',
    trials: own.map(({ id }) => id),
    results: own.map(({ result }) => result),
    ...(message !== undefined && { message }),
  };
}

const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
