import { foldIn, HarmonicError, randomKey } from '@harmonic-mlp/core';
import { floatPrecision } from '@harmonic-mlp/freq-optimizer';
import { dispose } from '@tensorflow/tfjs-core';
import type { BatchRequest, BatchSource } from './batch-source';
import { epochBatches, stepsPerEpoch } from './epoch-batches';
import type { Evaluation } from './evaluate';
import type { Checkpointer, EpochRecord, RunSettings } from './fit-events';
import { type FitOptions, requireFitOptions } from './fit-options';
import type { HarmonicMLP } from './harmonic-mlp';
import { claim } from './in-use';
import { now } from './now';
import { optimizerLike, settingsOf } from './optimizer-settings';
import { Pacer } from './pacer';
import { readCheckpoint, requireSameRun } from './resume';
import { requireUsable, scheduleOf } from './run-parts';
import { TrainingRun } from './training-run';
import { findUnusableData } from './unusable-data';

/** What a run gave. */
export interface FitResult extends RunSettings {
  /** One record for each finished epoch, those before a resumed checkpoint included. */
  history: EpochRecord[];
  /** Whether the signal ended the run. */
  aborted: boolean;
  /** The optimizer steps done by this call. */
  steps: number;
  /** The time that those steps took, without the making of batches, validations, handlers and the event loop's turns. */
  stepSeconds: number;
}

/** Trains a model; see {@link HarmonicMLP.fit}. */
export async function fit(model: HarmonicMLP, train: BatchSource, given?: FitOptions): Promise<FitResult> {
  model.requireAlive();
  const options = requireFitOptions(model.config, train, given);
  const checkpoint = options.resume == null ? undefined : readCheckpoint(options.resume, model.config);
  const saved = checkpoint?.progress;
  const { epochs = 15, readEvery = 32, validation, signal } = options;
  const { batchSize = saved?.batchSize ?? 128, dropLast = saved?.dropLast ?? false } = options;
  const { seed = saved?.seed ?? model.config.seed } = options;
  const cutting = { batchSize, dropLast, needsTwo: model.config.hidden.length > 0 };
  const steps = stepsPerEpoch(train, cutting);
  const settings = { seed, batchSize, dropLast, size: train.size, stepsPerEpoch: steps, readEvery };
  if (saved !== undefined) requireSameRun(saved, settings);

  const requestFor = (epoch: number, start: number): BatchRequest & { start: number } => {
    const shuffle = foldIn(foldIn(randomKey(seed), 'shuffle'), epoch);
    return { batchSize, shuffle, start, epoch, signal };
  };
  const findFault = (epoch: number, first: number, last: number) => {
    const request = requestFor(epoch, first - 1);
    return findUnusableData(train, epochBatches(train, request, cutting), {
      request,
      count: last - first + 1,
      classes: model.config.classes,
      nameOf: (batch) => `the batch of step ${batch + 1} of epoch ${epoch}`,
    });
  };

  const optimizer = options.optimizer ?? optimizerLike(model, saved?.optimizerSettings);
  let run: TrainingRun | undefined;
  let release: (() => void) | undefined;
  try {
    const schedule = scheduleOf(options.schedule, optimizer, saved);
    requireUsable(optimizer, schedule, checkpoint !== undefined);
    release = claim(model, optimizer, schedule);
    run = new TrainingRun(model, optimizer, schedule, settings, findFault);
    if (checkpoint !== undefined) run.resume(checkpoint, options.optimizer != null);
    return await loop(run);
  } finally {
    run?.dispose();
    release?.();
    if (options.optimizer == null) optimizer.dispose();
  }

  async function loop(run: TrainingRun): Promise<FitResult> {
    const pacer = new Pacer();
    const checkpoint: Checkpointer['checkpoint'] = (metadata) => run.checkpoint(metadata);
    const result = { steps: 0, stepSeconds: 0 };
    const used = (): RunSettings => ({ optimizer: settingsOf(optimizer), floatPrecision: floatPrecision() });
    const finish = (aborted: boolean): FitResult => ({ history: run.history, aborted, ...result, ...used() });

    if (signal?.aborted) return finish(true);
    await options.onStart?.({ ...run.position, ...used() });
    while (run.epoch <= epochs) {
      const started = now();
      for await (const batch of epochBatches(train, requestFor(run.epoch, run.step), cutting)) {
        const begun = now();
        try {
          run.train(batch);
        } finally {
          dispose([batch.inputs, batch.labels]);
        }
        const metrics = run.readIsDue ? await run.readMetrics() : undefined;
        result.steps += 1;
        result.stepSeconds += (now() - begun) / 1000;
        const position = run.position;
        await options.onStep?.(position);
        if (metrics !== undefined) await options.onMetrics?.({ ...position, ...metrics });
        await pacer.turn();
        if (signal?.aborted) break;
      }
      if (signal?.aborted && run.step < steps) {
        await run.readMetrics();
        await run.requireFiniteWeights();
        await options.onAbort?.({ ...run.position, checkpoint });
        return finish(true);
      }
      if (run.step !== steps) {
        throw new HarmonicError(
          'INVALID_DATA',
          `The data set gave ${run.step} batches, but ${train.size} examples in batches of ${batchSize} make ${steps}.`,
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
      const record = run.endEpoch(evaluation, (now() - started) / 1000);
      await options.onEpoch?.({ ...record, checkpoint });
      await pacer.turn();
      if (signal?.aborted && run.epoch <= epochs) {
        await options.onAbort?.({ epoch: record.epoch, step: steps, stepsPerEpoch: steps, checkpoint });
        return finish(true);
      }
    }
    return finish(false);
  }
}
