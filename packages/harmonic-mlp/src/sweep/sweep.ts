import {
  describeValue,
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import { refused } from '../refused';
import { type Applies, type Axes, requireAxes, type ValuesOf } from './axis';
import { type PruneName, type PruningOptions, pruneNames, prunerOf } from './pruning';
import { scoreInJson, type TrialRecord } from './records';
import { resultOf, type SweepResult } from './result';
import { type SearchName, searches, searchNames } from './search';
import { type TrialStatus, Trials } from './trials';
import { requireVaried } from './varied';

/** One configuration, to be trained with one seed. */
export interface TrialToTrain<A extends Axes = Axes> {
  /** Its name: `c3-s0` for configuration 3 and seed 0. */
  readonly id: string;
  /** The number of its configuration, from 0. */
  readonly configuration: number;
  /** The values of its axes; one that does not apply to it has none. */
  readonly values: Partial<ValuesOf<A>>;
  /** Its seed. */
  readonly seed: number;
  /** Aborted when the sweep is. */
  readonly signal: AbortSignal;
  /**
   * Tells the score after an epoch, and whether the training should go on. Epochs that a resumed trial repeats are left out. Rejects
   * once the sweep has been aborted, or a record could not be kept.
   */
  report(progress: TrialReport): Promise<'continue' | 'stop'>;
}

/** What a trial reports. */
export interface TrialReport {
  /** The epoch, from 1. */
  epoch: number;
  /** Its score. */
  score: number;
  /** Whether it is the last one, after which there is nothing to prune. Default false. */
  isLast?: boolean;
}

/** What training a trial gives: its score, with anything else that JSON has. */
export type TrialOutcome = number | { readonly score: number; readonly [name: string]: unknown };

/** Options of {@link sweep}. */
export interface SweepOptions<A extends Axes = Axes> {
  /** What is varied: by name, a list of values, or a range `{ from, to, scale }`. */
  axes: A;
  /** The seeds with which each configuration is trained, or their number, counted from 0. Default 1. */
  seeds?: number | readonly number[];
  /**
   * How configurations are found: all combinations (`grid`, the default; the last axis changes fastest), at `random`, or by the
   * tree-structured Parzen estimator (`tpe`), which prefers values like those that did well, in the mean over the seeds.
   */
  search?: SearchName;
  /** The number of configurations, except of a grid. Default 20. */
  trials?: number;
  /** The seed of the search. Default 0. */
  seed?: number;
  /**
   * What ends trials that do badly: nothing (`none`, the default), asynchronous successive halving (`asha`), or the rule of the
   * median (`median`). It compares configurations by their first seed; those that survive are trained with all seeds, to the end.
   */
  prune?: PruneName;
  /** Settings of what prunes. */
  pruning?: PruningOptions;
  /** Whether the score is to be as large or as small as possible. Default `maximize`. */
  goal?: 'maximize' | 'minimize';
  /** How many trials are trained at once. Default 1. */
  jobs?: number;
  /**
   * Whether an axis applies to a configuration; those that differ only in axes that do not are one. Each axis must apply to some.
   * Default: each applies to all.
   */
  applies?: Applies;
  /** Ends the sweep: trials in progress get it too, and nothing of them is recorded. */
  signal?: AbortSignal;
  /** The records of the same sweep when it was interrupted: trials that have ended are not trained again, others are. */
  earlier?: readonly TrialRecord[];
  /** Trains a trial. An error is recorded, and stops no other. */
  train(trial: TrialToTrain<A>): TrialOutcome | Promise<TrialOutcome>;
  /** Takes each record, in order; awaited before what it tells takes effect. An error ends the sweep. */
  onRecord?(record: TrialRecord): unknown;
}

const known: KnownOptions<SweepOptions> = {
  axes: true,
  seeds: true,
  search: true,
  trials: true,
  seed: true,
  prune: true,
  pruning: true,
  goal: true,
  jobs: true,
  applies: true,
  signal: true,
  earlier: true,
  train: true,
  onRecord: true,
};

/**
 * Trains configurations with several seeds, and compares them by their mean scores. It knows nothing of models: `train` may train
 * here, in another process, or on another machine.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds, and `INVALID_DATA` for records of another sweep.
 * @example
 * ```ts
 * import { HarmonicMLP } from 'harmonic-mlp';
 *
 * const { best } = await sweep({
 *   axes: { learningRate: [0.001, 0.003], hidden: [[8], [16]] },
 *   seeds: 2,
 *   async train({ values, seed }) {
 *     const network = new HarmonicMLP({ inputSize: 784, hidden: values.hidden, seed });
 *     const { history } = await network.fit(train, { epochs: 1, validation: test, learningRate: values.learningRate });
 *     network.dispose();
 *     return history.at(-1)!.validation!.accuracy;
 *   },
 * });
 * console.log(best?.values, showEstimate(best!));
 * ```
 */
export async function sweep<const A extends Axes>(options: SweepOptions<A>): Promise<SweepResult<A>> {
  const given = requireOptions(
    'options',
    options,
    'sweep({ axes: { learningRate: [0.001, 0.003] }, train })',
    known as unknown as KnownOptions<SweepOptions<A>>,
  );
  const { train, applies, signal, earlier = [], onRecord } = given;
  const {
    jobs = 1,
    search = 'grid',
    trials = 20,
    seed = 0,
    prune = 'none',
    pruning = {},
    goal = 'maximize',
  } = given;
  const axes = requireAxes('axes', given.axes);
  if (typeof train !== 'function') throw refused('train', train, 'a function that trains a trial');
  if (applies !== undefined && typeof applies !== 'function')
    throw refused('applies', applies, 'a function that tells whether an axis applies');
  requireOneOf('search', search, searchNames);
  requireOneOf('prune', prune, pruneNames);
  requireOneOf('goal', goal, ['maximize', 'minimize']);
  requireNumber('jobs', jobs, { integer: true, min: 1 });
  requireNumber('trials', trials, { integer: true, min: 1 });
  requireNumber('seed', seed, { integer: true, min: 0 });
  const all = new Trials({
    search: searches[search]({ axes, applies, trials, seed }),
    pruner: prunerOf(prune, pruning),
    seeds: requireSeeds(given.seeds ?? 1),
    axes,
    applies,
    isAdaptive: search === 'tpe',
    goal,
  });
  if (!Array.isArray(earlier)) throw refused('earlier', earlier, 'a list of records');
  if (applies !== undefined && earlier.length === 0) requireVaried(search, axes, applies);
  for (const record of earlier) all.replay(record);
  all.interrupt();

  const stop = new AbortController();
  const running = signal == null ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let failure: { error: unknown } | undefined;
  const isOver = () => running.aborted;
  const fail = (error: unknown) => {
    failure ??= { error };
    stop.abort(error);
  };
  let recorded = Promise.resolve();
  /** In the order of the calls, each after the one before it. An error ends the sweep, and is not thrown here. */
  const record = (what: TrialRecord): Promise<void> => {
    recorded = recorded
      .then(async () => {
        if (failure === undefined) await onRecord?.(what);
      })
      .catch(fail);
    return recorded;
  };

  const next = (): TrialStatus | undefined => {
    const trial = isOver() ? undefined : all.next();
    if (trial !== undefined) trial.state = 'running';
    return trial;
  };

  async function trainFrom(first: TrialStatus): Promise<void> {
    try {
      for (let trial: TrialStatus | undefined = first; trial !== undefined; trial = next())
        await trainOne(trial);
    } catch (error) {
      fail(error);
    }
  }

  async function trainOne(trial: TrialStatus): Promise<void> {
    const { id, configuration, seed: own, values } = trial;
    if (trial.isPruned) {
      // It was to end when the sweep was interrupted.
      all.end(trial, 'pruned', trial.reported);
      await record({ event: 'pruned', trial: id, score: scoreInJson(trial.score), epoch: trial.epoch });
      return;
    }
    await record({ event: 'started', trial: id, configuration, seed: own, values });
    if (isOver()) return;
    let outcome: TrialOutcome;
    try {
      outcome = await train({
        id,
        configuration,
        values: values as Partial<ValuesOf<A>>,
        seed: own,
        signal: running,
        report: (progress) => report(trial, progress),
      });
    } catch (error) {
      if (!isOver()) await failed(trial, error instanceof Error ? error.message : String(error));
      return;
    }
    if (isOver()) return;
    const score = scoreOf(outcome);
    if (score === undefined) {
      const message = `train gave ${describeValue(outcome)}; it must give a score, or an object with one.`;
      await failed(trial, message);
      return;
    }
    const result = typeof outcome === 'number' ? undefined : outcome;
    // Reports have changed it.
    const { isPruned } = trial as { isPruned: boolean };
    const event = isPruned ? 'pruned' : 'finished';
    all.end(trial, event, score, result);
    await record({
      event,
      trial: id,
      score: scoreInJson(score),
      ...(isPruned && { epoch: trial.epoch }),
      ...(result !== undefined && { result }),
    });
  }

  async function failed(trial: TrialStatus, message: string): Promise<void> {
    trial.message = message;
    all.end(trial, 'failed', Number.NaN);
    await record({ event: 'failed', trial: trial.id, message });
  }

  async function report(
    trial: TrialStatus,
    { epoch, score, isLast = false }: TrialReport,
  ): Promise<'continue' | 'stop'> {
    requireNumber('epoch', epoch, { integer: true, min: 1 });
    // A trial that is told to stop would give the result of fewer epochs, as if it had been pruned.
    running.throwIfAborted();
    // Nothing is recorded of a trial that has ended, or is to be trained again.
    if (trial.state !== 'running') return 'stop';
    const verdict = all.judge(trial, epoch, score, isLast);
    if (verdict !== undefined) {
      const pruned = verdict === 'stop' && ({ pruned: true } as const);
      await record({ event: 'progress', trial: trial.id, epoch, score: scoreInJson(score), ...pruned });
    }
    running.throwIfAborted();
    return trial.isPruned ? 'stop' : 'continue';
  }

  const working: Promise<void>[] = [];
  try {
    while (working.length < jobs) {
      const first = next();
      if (first === undefined) break;
      working.push(trainFrom(first));
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(working);
  await recorded;
  all.interrupt();
  if (failure !== undefined) throw failure.error;
  return resultOf<A>(all, signal?.aborted === true && !all.areDone);
}

/** The score of what training gave, NaN for null, which JSON has in its place; undefined if there is none. */
function scoreOf(outcome: unknown): number | undefined {
  const score = typeof outcome === 'number' ? outcome : Object(outcome).score;
  return score === null ? Number.NaN : typeof score === 'number' ? score : undefined;
}

function requireSeeds(seeds: unknown): readonly number[] {
  if (typeof seeds === 'number') {
    requireNumber('seeds', seeds, { integer: true, min: 1 });
    return Array.from({ length: seeds }, (_, i) => i);
  }
  if (!Array.isArray(seeds) || seeds.length === 0)
    throw refused('seeds', seeds, 'an integer at least 1, or a list of seeds');
  for (const [i, each] of seeds.entries()) requireNumber(`seeds[${i}]`, each, { integer: true, min: 0 });
  if (new Set(seeds).size < seeds.length) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'seeds',
      value: seeds,
      allowed: 'a list of different seeds',
    });
  }
  return seeds;
}
