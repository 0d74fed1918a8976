import { foldIn, HarmonicError, randomKey, requireNumber } from '@harmonic-mlp/core';
import {
  Adam,
  FrequencyAwareOptimizer,
  type FrequencyAwareOptions,
  type LearningRateSchedule,
  ReduceLROnPlateau,
} from '@harmonic-mlp/freq-optimizer';
import { dispose, type Optimizer } from '@tensorflow/tfjs-core';
import { type BatchSource, requireFit } from './batch-source';
import type { Evaluation } from './evaluate';
import type { Checkpointer, EpochRecord, MetricsEvent, StepEvent } from './fit-events';
import type { HarmonicMLP } from './harmonic-mlp';
import { Pacer } from './pacer';
import { TrainingRun } from './training-run';

/** Settings of {@link HarmonicMLP.fit}; the defaults are those of the published experiment. */
export interface FitOptions {
  /** The number of epochs in all, those of a resumed run included. Default 15. */
  epochs?: number;
  /** The number of examples in a batch, at least 2; the last batch of an epoch may be smaller. Default 128. */
  batchSize?: number;
  /** What shuffles and dropout masks are drawn from. Default: the model's seed. */
  seed?: number;
  /** Default: {@link createOptimizer}'s. One that is given stays the caller's to dispose. */
  optimizer?: Optimizer;
  /**
   * Changes the learning rate after each epoch, from its training loss. Default: `ReduceLROnPlateau` with patience 2;
   * null for a constant rate.
   */
  schedule?: LearningRateSchedule | null;
  /** Evaluated after each epoch, in batches of `batchSize`, or 256 where that is more. */
  validation?: BatchSource;
  /** Ends the run after the current step, or the current batch of a validation; `fit` then returns with `aborted: true`. */
  signal?: AbortSignal;
  /** The losses are read from the backend every so many steps, and at the end of each epoch. Default 32. */
  readEvery?: number;
  /** A file of {@link Checkpointer.checkpoint}, of a model of the same shape: the run goes on from there. */
  resume?: Uint8Array;
  /** Once everything is checked and a resumed run is restored, before the first step; awaited. */
  onStart?: () => void | Promise<void>;
  /** After each step. */
  onStep?: (event: StepEvent) => void;
  /** After each reading of the losses. */
  onMetrics?: (event: MetricsEvent) => void;
  /** After each epoch, its validation included; awaited. */
  onEpoch?: (event: EpochRecord & Checkpointer) => void | Promise<void>;
  /** After the last step of a run that the signal ended; awaited. */
  onAbort?: (event: StepEvent & Checkpointer) => void | Promise<void>;
}

/** What a run gave. */
export interface FitResult {
  /** One record for each finished epoch, those before a resumed checkpoint included. */
  history: EpochRecord[];
  /** Whether the signal ended the run. */
  aborted: boolean;
  /** The optimizer steps done by this call. */
  steps: number;
  /** The time that those steps took, without the making of batches, validations, handlers and the event loop's turns. */
  stepSeconds: number;
}

/** Settings of {@link createOptimizer}. */
export interface OptimizerOptions extends FrequencyAwareOptions {
  /** Default 1e-3. */
  learningRate?: number;
  /** Coupled (L2) weight decay of every parameter. Default 1e-5. */
  weightDecay?: number;
}

/**
 * The published optimizer of a model: Adam with coupled weight decay inside a `FrequencyAwareOptimizer` around the
 * model's harmonic layers.
 */
export function createOptimizer(
  model: HarmonicMLP,
  { learningRate = 1e-3, weightDecay = 1e-5, ...frequencyAware }: OptimizerOptions = {},
): FrequencyAwareOptimizer {
  return new FrequencyAwareOptimizer(
    new Adam({ learningRate, weightDecay }),
    model.harmonicLayers,
    frequencyAware,
  );
}

/** Trains a model; see {@link HarmonicMLP.fit}. */
export async function fit(
  model: HarmonicMLP,
  train: BatchSource,
  options: FitOptions = {},
): Promise<FitResult> {
  const { epochs = 15, batchSize = 128, readEvery = 32, seed = model.config.seed, validation } = options;
  requireNumber('epochs', epochs, { integer: true, min: 1 });
  requireNumber('readEvery', readEvery, { integer: true, min: 1 });
  requireNumber('seed', seed, { integer: true, min: 0 });
  requireFit(model.config, train);
  if (validation !== undefined) requireFit(model.config, validation);
  const stepsPerEpoch = requireBatches(train, batchSize);

  const optimizer = options.optimizer ?? createOptimizer(model);
  const schedule =
    options.schedule === undefined ? new ReduceLROnPlateau(optimizer, { patience: 2 }) : options.schedule;
  const run = new TrainingRun(model, optimizer, schedule, { seed, batchSize, stepsPerEpoch, readEvery });
  const pacer = new Pacer();
  const { signal } = options;
  const checkpoint: Checkpointer['checkpoint'] = (metadata) => run.checkpoint(metadata);
  const result = { steps: 0, stepSeconds: 0 };
  const finish = (aborted: boolean): FitResult => ({ history: run.history, aborted, ...result });

  try {
    if (options.resume !== undefined) run.resume(options.resume);
    if (signal?.aborted) return finish(true);
    await options.onStart?.();
    while (run.epoch <= epochs) {
      const started = performance.now();
      const shuffle = foldIn(foldIn(randomKey(seed), 'shuffle'), run.epoch);
      const request = { batchSize, shuffle, start: run.step, epoch: run.epoch, signal };
      for await (const batch of train.batches(request)) {
        const begun = performance.now();
        try {
          run.train(batch);
        } finally {
          dispose([batch.inputs, batch.labels]);
        }
        const metrics = run.readIsDue ? await run.readMetrics() : undefined;
        result.steps += 1;
        result.stepSeconds += (performance.now() - begun) / 1000;
        const position = run.position;
        options.onStep?.(position);
        if (metrics !== undefined) options.onMetrics?.({ ...position, ...metrics });
        await pacer.turn();
        if (signal?.aborted) break;
      }
      if (signal?.aborted && run.step < stepsPerEpoch) {
        await run.readMetrics();
        await run.requireFiniteWeights();
        await options.onAbort?.({ ...run.position, checkpoint });
        return finish(true);
      }
      if (run.step !== stepsPerEpoch) {
        throw new HarmonicError(
          'INVALID_DATA',
          `The data set gave ${run.step} batches, but ${train.size} examples in batches of ${batchSize} make ${stepsPerEpoch}.`,
        );
      }
      await run.requireFiniteWeights();
      let evaluation: Evaluation | undefined;
      try {
        evaluation =
          validation && (await model.evaluate(validation, { batchSize: Math.max(256, batchSize), signal }));
      } catch (error) {
        if (!signal?.aborted) throw error;
        // The epoch has not ended: a resumed run begins with its validation.
        await options.onAbort?.({ ...run.position, checkpoint });
        return finish(true);
      }
      const record = run.endEpoch(evaluation, (performance.now() - started) / 1000);
      await options.onEpoch?.({ ...record, checkpoint });
      await pacer.turn();
      if (signal?.aborted && run.epoch <= epochs) {
        await options.onAbort?.({ epoch: record.epoch, step: stepsPerEpoch, stepsPerEpoch, checkpoint });
        return finish(true);
      }
    }
    return finish(false);
  } finally {
    run.dispose();
    if (options.optimizer === undefined) optimizer.dispose();
  }
}

/** The number of batches in an epoch. */
function requireBatches({ size }: BatchSource, batchSize: number): number {
  requireNumber('batchSize', batchSize, { integer: true, min: 1 });
  if (batchSize === 1 || size % batchSize === 1) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `batchSize ${batchSize} ${batchSize === 1 ? 'makes batches' : `leaves a last batch`} of one example out of ${size}, and batch normalisation cannot train on one: its variance is undefined. Choose another batchSize.`,
    );
  }
  return Math.ceil(size / batchSize);
}
