import { describeValue, HarmonicError, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { type LearningRateSchedule, requireOptimizer } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { type BatchSource, requireDataset } from './batch-source';
import type { HarmonicMLPConfig } from './config';
import type { Checkpointer, EpochRecord, MetricsEvent, StartEvent, StepEvent } from './fit-events';

/** Settings of {@link HarmonicMLP.fit}; the defaults are those of the published experiment. */
export interface FitOptions {
  /** The number of epochs in all, those of a resumed run included. Default 15. */
  epochs?: number;
  /**
   * The number of examples in a batch, at least 2 unless the model has no hidden layer. The last batch of an epoch may be
   * smaller; one example that would be left over joins the batch before it, since batch normalisation cannot train on one.
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
   * Default: {@link createOptimizer}'s, with the settings of the run that is resumed. One that is given stays the caller's
   * to dispose. See {@link FitOptions.resume} for what it changes in a resumed run.
   */
  optimizer?: Optimizer;
  /**
   * Changes the learning rate after each epoch, from its training loss. Default: `ReduceLROnPlateau` with patience 2, or
   * that of the run that is resumed; null for a constant rate, which takes no optimizer with a rate that can be read.
   */
  schedule?: LearningRateSchedule | null;
  /** Evaluated after each epoch, in batches of `batchSize`, or 256 where that is more. */
  validation?: BatchSource;
  /** Ends the run after the current step, or the current batch of a validation; `fit` then returns with `aborted: true`. */
  signal?: AbortSignal;
  /** The losses are read from the backend every so many steps, and at the end of each epoch. Default 32. */
  readEvery?: number;
  /**
   * A file of {@link Checkpointer.checkpoint}, of a model of the same shape: the run goes on from there, to the bit.
   *
   * What is given beside it is followed. An `optimizer` keeps its decay, betas, ε and scaling, and gets the state of the
   * checkpoint's. Where its learning rate is the one that the run was started with, the run goes on at the rate that it had
   * come to; where it is another, the run goes on at that. A `schedule` keeps its settings and gets the state of the
   * checkpoint's, if that was of the same kind; null keeps the rate that the run had come to.
   *
   * A model, `seed`, `batchSize`, `dropLast` or number of examples that differ are refused.
   */
  resume?: Uint8Array | ArrayBuffer;
  /** Once everything is checked and a resumed run is restored, before the first step; awaited. */
  onStart?: (event: StartEvent) => void | Promise<void>;
  /** After each step; awaited. */
  onStep?: (event: StepEvent) => void;
  /** After each reading of the losses; awaited. */
  onMetrics?: (event: MetricsEvent) => void;
  /** After each epoch, its validation included; awaited. */
  onEpoch?: (event: EpochRecord & Checkpointer) => void | Promise<void>;
  /** After the last step of a run that the signal ended; awaited. */
  onAbort?: (event: StepEvent & Checkpointer) => void | Promise<void>;
}

/**
 * Checks the kind of everything that a run is given, before it needs it; what depends on a resumed run is checked later.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` or `INVALID_SHAPE`, naming the option.
 */
export function requireFitOptions(
  config: HarmonicMLPConfig,
  train: BatchSource,
  given: FitOptions | undefined,
): FitOptions {
  requireDataset('The training data', train, config);
  const options = requireOptions('options', given, 'model.fit(train, { epochs: 3, validation: test })');
  const { epochs, batchSize, readEvery, seed, dropLast, optimizer, validation } = options;
  const atLeastOne = { integer: true, min: 1 };
  if (epochs !== undefined) requireNumber('epochs', epochs, atLeastOne);
  if (batchSize !== undefined) requireNumber('batchSize', batchSize, atLeastOne);
  if (readEvery !== undefined) requireNumber('readEvery', readEvery, atLeastOne);
  if (seed !== undefined) requireNumber('seed', seed, { integer: true, min: 0 });
  if (dropLast !== undefined && typeof dropLast !== 'boolean')
    throw refused('dropLast', describeValue(dropLast), 'true or false');
  if (optimizer != null) requireOptimizer('optimizer', optimizer);
  if (validation != null) requireDataset('The validation data', validation, config);
  requireSchedule(options.schedule);
  requireSignal(options.signal);
  for (const name of ['onStart', 'onStep', 'onMetrics', 'onEpoch', 'onAbort'] as const) {
    if (options[name] != null && typeof options[name] !== 'function')
      throw refused(name, describeValue(options[name]), 'a function, which is called with the event');
  }
  return options;
}

function requireSchedule(schedule: FitOptions['schedule']): void {
  if (schedule == null) return;
  const methods = ['step', 'getState', 'setState'] as const;
  const missing = methods.filter((name) => typeof schedule[name] !== 'function');
  if (missing.length === 0) return;
  const lack = typeof schedule === 'object' ? ` without ${missing.join(', ')}` : '';
  throw refused(
    'schedule',
    `${describeValue(schedule)}${lack}`,
    'null, or an object with step, getState and setState, such as new ReduceLROnPlateau(optimizer, { patience: 2 })',
  );
}

/** Checks that a signal is one, and not the controller that it belongs to. */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal == null) return;
  if (typeof signal.aborted === 'boolean' && typeof signal.addEventListener === 'function') return;
  throw refused(
    'signal',
    describeValue(signal),
    'an AbortSignal: that of an AbortController is controller.signal',
  );
}

const refused = (name: string, found: string, allowed: string) =>
  new HarmonicError('INVALID_ARGUMENT', `${name} is ${found}; it must be ${allowed}.`);
