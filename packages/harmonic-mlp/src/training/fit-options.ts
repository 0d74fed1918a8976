import { HarmonicError, type KnownOptions, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import { type OptimizerName, optimizers, requireOptimizer } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../checkpoint';
import { type ExampleSource, type Examples, requireSource } from '../data';
import type { Model } from '../model';
import type { EpochRecord } from '../records';
import { refused } from '../refused';
import { requireSetting } from '../setting';
import {
  type AccuracyOf,
  type Batch,
  classification,
  type Metric,
  requireMetrics,
  requireTask,
  type Task,
} from '../tasks';
import { trainingSettings } from '../training-settings';
import { type Callback, requireCallbacks } from './callback';
import type { OptimizerOptions } from './create-optimizer';
import type {
  CaptureEvent,
  Checkpointer,
  EndEvent,
  EvaluateEvent,
  MetricsEvent,
  StartEvent,
  StepEvent,
  WarningEvent,
} from './events';
import { requireScheduleOption, type ScheduleOption } from './schedule';
import type { Threads } from './step-threads';

/** Options of {@link HarmonicMLP.fit}; the defaults are those of the published experiment. */
export interface FitOptions<B extends Examples = Batch> {
  /** The total number of epochs, including those before a resumed checkpoint. Default 15; no limit if `steps` is given. */
  epochs?: number;
  /**
   * The total number of steps, including those before a resumed checkpoint. If the run ends in the middle of an epoch, that
   * epoch has no record. Default: those of the epochs.
   */
  steps?: number;
  /**
   * The number of examples in a batch, at least 2 unless the model has no hidden layers. The last batch of an epoch may be
   * smaller; a single example that is left over joins the batch before it, since batch normalization cannot train on one.
   * Default 128, or that of the resumed run.
   */
  batchSize?: number;
  /**
   * Whether to leave out the last batch of an epoch if it is smaller than the others and not the only one. Default false, or
   * that of the resumed run.
   */
  dropLast?: boolean;
  /** The seed of the shuffles and dropout masks. Default: the model's seed, or that of the resumed run. */
  seed?: number;
  /**
   * An optimizer, or what {@link createOptimizer} makes one of: its name, `adam`, `adamw`, `sgd`, or `momentum`, for its default
   * settings, or its settings. Default: `adam`, or one with the settings of the resumed run. The caller disposes an optimizer that
   * is passed. See {@link FitOptions.resume} for its effect on a resumed run.
   */
  optimizer?: Optimizer | OptimizerName | OptimizerOptions;
  /** The learning rate. Default: that of the optimizer, 1e-3 for the default one; see {@link FitOptions.resume}. */
  learningRate?: number;
  /**
   * What changes the learning rate: a function of the step, such as `cosine({ warmup: 0.05 })` of freq-optimizer, or its name;
   * a schedule that takes each epoch's training loss, such as a `ReduceLROnPlateau`; or null for a constant rate, with which the
   * optimizer does not need a readable rate. Default: `plateau`, a `ReduceLROnPlateau` with patience 2, or that of the resumed
   * run.
   */
  schedule?: ScheduleOption;
  /** Validation data, evaluated after each epoch and the last step, in batches of `batchSize`, but at least 256. */
  validation?: ExampleSource<B>;
  /** Also evaluates the validation data after every so many steps. Default: only after epochs. */
  evaluateEvery?: number;
  /** The task to train for. Default: that of a `HarmonicMLP`, otherwise `classification`. */
  task?: Task<B>;
  /** What to measure besides the loss and the task's own metrics. Default: nothing. */
  metrics?: readonly Metric<B>[];
  /** Callbacks that take part in the run, such as `earlyStopping({ patience: 3 })`. Default: none. */
  callbacks?: readonly Callback[];
  /** Ends the run after the current step or batch of a validation; `fit` then returns `aborted: true`. */
  signal?: AbortSignal;
  /** How many steps pass between two reads of the losses, which are also read at the end of each epoch. Default 32. */
  readEvery?: number;
  /**
   * Whether to record the steps and execute them as a program, on a backend that can: with the same result, but without the
   * dispatch of each operation. Code in JavaScript, such as that of a model of your own, then runs only in the steps that are
   * recorded, so it must do the same operations at every step. Default: if the model, the task, and the metrics are this library's.
   */
  capture?: boolean;
  /**
   * How many threads execute the program of a step, the calling one included, with the same result: a number, or `auto`, which
   * tries 1, 2, 4 … in the first steps as long as they get faster, up to the processor's number. They need shared memory, so in
   * a browser a worker of a cross-origin isolated page; elsewhere, there is one. They end with the run. Default: `auto`.
   */
  threads?: Threads;
  /**
   * A file made by {@link Checkpointer.checkpoint} of a model with the same architecture and configuration, or the result of
   * `readCheckpoint`: the run continues from there, to the bit.
   *
   * Other options given with it are followed:
   *
   * - An `optimizer` keeps its decay, betas, ε, and scaling, and takes over the checkpoint's state, which must be that of the
   *   same kind; `adam` and `adamw` have the same. If its learning rate, or `learningRate`, is the one that the run started
   *   with, the run continues at the rate it had reached. Otherwise it continues at the new rate, multiplied by the factor of
   *   a schedule that is a function of the step.
   * - A `schedule` that takes losses keeps its settings, and takes over the checkpoint's state if that is of the same kind. A
   *   function of the step is as long as the whole run now is. After a function of the step, any schedule starts at the rate
   *   that the run started with; otherwise, null keeps the rate that the run had reached. Without this option, the checkpoint's
   *   schedule keeps its length, and its last rate afterwards.
   *
   * A different model, `task`, `seed`, `batchSize`, `dropLast`, or number of examples is refused.
   */
  resume?: Uint8Array | ArrayBuffer | Checkpoint<object>;
  /** Called before the first step, once everything is checked and a resumed run is restored; awaited. */
  onStart?: (event: StartEvent) => void | Promise<void>;
  /**
   * Called before the first step of a run that is not resumed, for each of the model's concerns about the first batch, such as
   * periods that are long for the inputs; awaited. Default: `console.warn`, unless a callback has an `onWarning`.
   */
  onWarning?: (event: WarningEvent) => unknown;
  /**
   * Called once it is known whether steps are executed as a program, and again once several numbers of threads have been tried;
   * awaited.
   */
  onCapture?: (event: CaptureEvent) => void | Promise<void>;
  /** Called after each step; awaited. */
  onStep?: (event: StepEvent) => unknown;
  /** Called after the losses have been read; awaited. */
  onMetrics?: (event: MetricsEvent<AccuracyOf<B>>) => unknown;
  /** Called after each evaluation of the validation data; awaited. */
  onEvaluate?: (event: EvaluateEvent<AccuracyOf<B>>) => void | Promise<void>;
  /** Called after each epoch, including its validation; awaited. */
  onEpoch?: (event: EpochRecord<AccuracyOf<B>> & Checkpointer) => void | Promise<void>;
  /** Called after the last step of a run that the signal ended; awaited. */
  onAbort?: (event: StepEvent & Checkpointer) => void | Promise<void>;
  /** Called at the end of a run that ends without an error; awaited. */
  onEnd?: (event: EndEvent<AccuracyOf<B>>) => void | Promise<void>;
}

const handlers = [
  'onStart',
  'onWarning',
  'onCapture',
  'onStep',
  'onMetrics',
  'onEvaluate',
  'onEpoch',
  'onAbort',
  'onEnd',
] as const;

const known: KnownOptions<FitOptions> = {
  ...trainingSettings,
  capture: true,
  optimizer: true,
  schedule: true,
  validation: true,
  task: true,
  metrics: true,
  callbacks: true,
  signal: true,
  resume: true,
  onStart: true,
  onWarning: true,
  onCapture: true,
  onStep: true,
  onMetrics: true,
  onEvaluate: true,
  onEpoch: true,
  onAbort: true,
  onEnd: true,
};

/** Checked options. */
export type CheckedFitOptions<B extends Examples> = FitOptions<B> & { readonly task: Task<B> };

/**
 * Checks the options and data of a run, before anything is done with them. What depends on a resumed run is checked later.
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
  else if (options.optimizer != null && !isSettings(options.optimizer)) requireOptimizerOf(options.optimizer);
  const task = requireTask(options.task ?? (classification as Task<Examples> as Task<B>));
  task.requireData('The training data', train, outputSize);
  if (options.validation != null) {
    requireSource('The validation data', options.validation, inputSize);
    task.requireData('The validation data', options.validation, outputSize);
  } else if (options.evaluateEvery !== undefined) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'evaluateEvery',
      value: options.evaluateEvery,
      problem: 'evaluateEvery needs validation data, and there are none.',
      fix: 'Pass { validation } too.',
    });
  }
  if (options.metrics !== undefined) requireMetrics('metrics', options.metrics, task.metrics);
  if (options.callbacks !== undefined) requireCallbacks(options.callbacks);
  if (options.capture !== undefined && typeof options.capture !== 'boolean')
    throw refused('capture', options.capture, 'true or false');
  requireScheduleOption(options.schedule);
  requireSignal(options.signal);
  for (const name of handlers) {
    if (options[name] != null && typeof options[name] !== 'function')
      throw refused(name, options[name], 'a function that takes the event');
  }
  return { ...options, task };
}

function requireOptimizerOf(optimizer: unknown): void {
  try {
    requireOptimizer('optimizer', optimizer);
  } catch (error) {
    const { allowed } = error as HarmonicError;
    const settings = "the settings of one, such as { optimizer: 'sgd', learningRate: 0.1 }";
    throw (error as HarmonicError).with({ allowed: `${allowed}, or ${settings}` });
  }
}

/** Whether an optimizer is given by its settings: a plain object. */
export function isSettings(optimizer: FitOptions['optimizer']): optimizer is OptimizerOptions {
  if (typeof optimizer !== 'object' || optimizer === null || 'applyGradients' in optimizer) return false;
  return [Object.prototype, null].includes(Object.getPrototypeOf(optimizer));
}

/** The handlers among the options, as a callback. */
export function optionHandlers<B extends Examples>(options: FitOptions<B>): Callback {
  const given = handlers.flatMap((name) => (options[name] == null ? [] : [[name, options[name]] as const]));
  // Only callbacks get the second argument.
  const called = given.map(([name, handler]) => [
    name,
    (event: never) => (handler as (e: never) => unknown)(event),
  ]);
  return { name: 'options', ...Object.fromEntries(called) };
}

/** Checks that a value is a signal, and not the controller that it belongs to. */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal == null) return;
  if (typeof signal.aborted === 'boolean' && typeof signal.addEventListener === 'function') return;
  throw refused('signal', signal, 'an AbortSignal, such as controller.signal of an AbortController');
}
