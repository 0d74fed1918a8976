import { HarmonicError, type KnownOptions, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import { type OptimizerName, optimizers, requireOptimizer } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../checkpoint';
import { type ExampleSource, type Examples, requireSource } from '../data';
import type { Model } from '../model';
import type { EpochRecord } from '../records';
import { requireSetting } from '../setting';
import { type AccuracyOf, type Batch, classification, type Metric, type Task } from '../tasks';
import { type Callback, requireCallbacks } from './callback';
import type { Checkpointer, EndEvent, EvaluateEvent, MetricsEvent, StartEvent, StepEvent } from './events';
import { requireScheduleOption, type ScheduleOption } from './schedule';
import { trainingSettings } from './training-settings';

/** Settings of {@link HarmonicMLP.fit}; the defaults are those of the published experiment. */
export interface FitOptions<B extends Examples = Batch> {
  /** The number of epochs in all, those of a resumed run included. Default 15; none where `steps` are given. */
  epochs?: number;
  /**
   * The number of steps in all, those of a resumed run included: the run ends there, in the middle of an epoch too, which is
   * then not closed. Default: as many as the epochs have.
   */
  steps?: number;
  /**
   * The number of examples in a batch, at least 2 unless the model has no hidden layer. The last batch of an epoch may be
   * smaller; one example that would be left over joins the batch before it, since batch normalization cannot train on one.
   * Default 128, or that of the run that is resumed.
   */
  batchSize?: number;
  /**
   * Whether to leave out the last batch of an epoch where it is smaller than the others; the only one never is. Default
   * false, or as in the run that is resumed.
   */
  dropLast?: boolean;
  /** What shuffles and dropout masks are drawn from. Default: the model's seed, or that of the run that is resumed. */
  seed?: number;
  /**
   * An optimizer, or the name of one with its default settings: `adam`, `adamw`, `sgd`, `momentum`. Default:
   * {@link createOptimizer}'s, with the settings of the run that is resumed. One that is given stays the caller's to dispose. See {@link FitOptions.resume} for what it changes in a resumed run.
   */
  optimizer?: Optimizer | OptimizerName;
  /** The learning rate. Default: the optimizer's, 1e-3 for that of `fit` itself; see {@link FitOptions.resume}. */
  learningRate?: number;
  /**
   * What changes the learning rate: a function of the step, as `cosine({ warmup: 0.05 })` of freq-optimizer, or its name; a
   * schedule that takes each epoch's training loss, as a `ReduceLROnPlateau`; null for a constant rate, which takes no
   * optimizer with a rate that can be read. Default: `plateau`, a `ReduceLROnPlateau` of patience 2, or that of the run that
   * is resumed.
   */
  schedule?: ScheduleOption;
  /** Evaluated after each epoch, in batches of `batchSize`, or 256 where that is more. */
  validation?: ExampleSource<B>;
  /** Evaluates the validation data also after every so many steps of an epoch. Default: only after epochs. */
  evaluateEvery?: number;
  /** What the model is trained for. Default: `classification`. */
  task?: Task<B>;
  /** What is measured beside the loss and the task's own metrics. Default: nothing. */
  metrics?: readonly Metric<B>[];
  /** Who takes part in the run, as `earlyStopping({ patience: 3 })`. Default: nobody. */
  callbacks?: readonly Callback[];
  /** Ends the run after the current step, or the current batch of a validation; `fit` then returns with `aborted: true`. */
  signal?: AbortSignal;
  /** The losses are read from the backend every so many steps, and at the end of each epoch. Default 32. */
  readEvery?: number;
  /**
   * A file of {@link Checkpointer.checkpoint}, of a model of the same architecture and configuration: the run goes on from there, to the bit. Where it
   * has been decoded by `readCheckpoint`, that can be given.
   *
   * What is given beside it is followed. An `optimizer` keeps its decay, betas, ε and scaling, and gets the state of the
   * checkpoint's. Where its learning rate, or `learningRate`, is the one that the run was started with, the run goes on at
   * the rate that it had come to; where it is another, the run goes on at that, or, with a schedule that is a function of the
   * step, at that times the schedule's factor. A `schedule` that takes losses keeps its settings and gets the state of the
   * checkpoint's, if that was of the same kind; null keeps the rate that the run had come to, or, after a function of the step, that which
   * it was started with. One that is a function of the
   * step is as long as the whole run now is; one that is not given anew keeps its length, and after it its last rate.
   *
   * A model, `seed`, `batchSize`, `dropLast` or number of examples that differ are refused.
   */
  resume?: Uint8Array | ArrayBuffer | Checkpoint<object>;
  /** Once everything is checked and a resumed run is restored, before the first step; awaited. */
  onStart?: (event: StartEvent) => void | Promise<void>;
  /** After each step; awaited. */
  onStep?: (event: StepEvent) => void;
  /** After each reading of the losses; awaited. */
  onMetrics?: (event: MetricsEvent<AccuracyOf<B>>) => void;
  /** After each evaluation of the validation data; awaited. */
  onEvaluate?: (event: EvaluateEvent<AccuracyOf<B>>) => void | Promise<void>;
  /** After each epoch, its validation included; awaited. */
  onEpoch?: (event: EpochRecord<AccuracyOf<B>> & Checkpointer) => void | Promise<void>;
  /** After the last step of a run that the signal ended; awaited. */
  onAbort?: (event: StepEvent & Checkpointer) => void | Promise<void>;
  /** After the last step of a run that ends without an error; awaited. */
  onEnd?: (event: EndEvent<AccuracyOf<B>>) => void | Promise<void>;
}

const handlers = ['onStart', 'onStep', 'onMetrics', 'onEvaluate', 'onEpoch', 'onAbort', 'onEnd'] as const;

const known: KnownOptions<FitOptions> = {
  ...trainingSettings,
  optimizer: true,
  schedule: true,
  validation: true,
  task: true,
  metrics: true,
  callbacks: true,
  signal: true,
  resume: true,
  onStart: true,
  onStep: true,
  onMetrics: true,
  onEvaluate: true,
  onEpoch: true,
  onAbort: true,
  onEnd: true,
};

/** Options that have been checked. */
export type CheckedFitOptions<B extends Examples> = FitOptions<B> & { readonly task: Task<B> };

/**
 * Checks the kind of everything that a run is given, before it needs it; what depends on a resumed run is checked later.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` or `INVALID_SHAPE`, naming the option.
 */
export function requireFitOptions<B extends Examples>(
  { inputSize, outputSize }: Model,
  train: ExampleSource<B>,
  given: FitOptions<B> | undefined,
): CheckedFitOptions<B> {
  requireSource('The training data', train, inputSize);
  const example = 'model.fit(train, { epochs: 3, validation: test })';
  const options = requireOptions('options', given, example, known as KnownOptions<FitOptions<B>>);
  for (const [name, type] of Object.entries(trainingSettings)) {
    const value = options[name as keyof typeof trainingSettings];
    if (value !== undefined) requireSetting(name, value, type);
  }
  if (typeof options.optimizer === 'string')
    requireOneOf('optimizer', options.optimizer, Object.keys(optimizers));
  else if (options.optimizer != null) requireOptimizer('optimizer', options.optimizer);
  const task = requireTask(options.task ?? (classification as Task<Examples> as Task<B>));
  task.requireData('The training data', train, outputSize);
  if (options.validation != null) {
    requireSource('The validation data', options.validation, inputSize);
    task.requireData('The validation data', options.validation, outputSize);
  } else if (options.evaluateEvery !== undefined) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'evaluateEvery',
      value: options.evaluateEvery,
      problem: 'evaluateEvery says how often the validation data are evaluated, and there are none.',
      fix: 'Give { validation } too.',
    });
  }
  if (options.metrics !== undefined) requireMetrics(options.metrics);
  if (options.callbacks !== undefined) requireCallbacks(options.callbacks);
  requireScheduleOption(options.schedule);
  requireSignal(options.signal);
  for (const name of handlers) {
    if (options[name] != null && typeof options[name] !== 'function')
      throw refused(name, options[name], 'a function, which is called with the event');
  }
  return { ...options, task };
}

/** The handlers among the options, as a callback. */
export function optionHandlers<B extends Examples>(options: FitOptions<B>): Callback {
  const given = handlers.flatMap((name) => (options[name] == null ? [] : [[name, options[name]] as const]));
  // Without the second argument, which is a callback's.
  const called = given.map(([name, handler]) => [
    name,
    (event: never) => (handler as (e: never) => unknown)(event),
  ]);
  return { name: 'options', ...Object.fromEntries(called) };
}

/**
 * Checks that something is a task.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else.
 */
export function requireTask<B extends Examples>(task: Task<B>): Task<B> {
  const { loss, metrics } = Object(task) as Partial<Task<B>>;
  if (typeof loss === 'function' && Array.isArray(metrics)) return task;
  throw refused('task', task, 'a task, such as classification');
}

/**
 * Checks a list of metrics.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else.
 */
export function requireMetrics<B extends Examples>(metrics: readonly Metric<B>[]): void {
  if (!Array.isArray(metrics)) throw refused('metrics', metrics, 'a list of { name, sum }');
  for (const [i, metric] of metrics.entries()) {
    const { name, sum } = Object(metric) as Partial<Metric<B>>;
    if (typeof name !== 'string' || name === 'loss' || typeof sum !== 'function')
      throw refused(
        `metrics[${i}]`,
        metric,
        'an object with a name other than "loss" and a function sum(outputs, batch)',
      );
  }
}

/** Checks that a signal is one, and not the controller that it belongs to. */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal == null) return;
  if (typeof signal.aborted === 'boolean' && typeof signal.addEventListener === 'function') return;
  throw refused('signal', signal, 'an AbortSignal: that of an AbortController is controller.signal');
}

const refused = (argument: string, value: unknown, allowed: string) =>
  new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed });
