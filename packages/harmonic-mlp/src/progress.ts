import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { HarmonicMLPConfig } from './config';
import type { EpochRecord, StepEvent } from './fit-events';
import { decodeModelFile, parseMetadata } from './model-file';
import { printable } from './safetensors';

/** Where a run stands; with the model's and the optimizer's tensors, all that it needs to go on. */
export interface Progress {
  seed: number;
  batchSize: number;
  stepsPerEpoch: number;
  /** The current epoch, counted from 1. */
  epoch: number;
  /** The steps done in it. */
  step: number;
  /** The sum of its losses. */
  lossSum: number;
  /** The examples that it classified correctly. */
  correct: number;
  /** The examples that it has seen. */
  examples: number;
  learningRate: number;
  history: EpochRecord[];
  schedule: object | null;
  /** The numbers of the optimizer's state. */
  optimizer: Record<string, number>;
}

const count = { integer: true, min: 0 };
const atLeastOne = { integer: true, min: 1 };

/**
 * The record of a training run in a model file's metadata, or undefined when the file holds a model alone.
 *
 * @throws {HarmonicError} `INVALID_DATA` when something in it is missing or impossible.
 */
export function readProgress(metadata: Record<string, string>): Progress | undefined {
  if (metadata.training === undefined) return undefined;
  const progress = parseMetadata(metadata, 'training') as Progress;
  try {
    requireNumber('seed', progress.seed, count);
    requireNumber('batchSize', progress.batchSize, { integer: true, min: 2 });
    requireNumber('stepsPerEpoch', progress.stepsPerEpoch, atLeastOne);
    requireNumber('epoch', progress.epoch, atLeastOne);
    requireNumber('step', progress.step, { ...count, max: progress.stepsPerEpoch });
    requireNumber('lossSum', progress.lossSum, {});
    requireNumber('correct', progress.correct, count);
    requireNumber('examples', progress.examples, count);
    requireNumber('learningRate', progress.learningRate, { min: 0 });
    if (!Array.isArray(progress.history)) throw new Error('history is not a list.');
    requireNumber('the length of history', progress.history.length, {
      integer: true,
      min: progress.epoch - 1,
      max: progress.epoch - 1,
    });
    for (const record of progress.history) requireRecord(record);
    for (const value of Object.values(progress.optimizer))
      requireNumber('a number of the optimizer', value, { min: 0 });
    const isUntouched = progress.epoch === 1 && progress.step === 0;
    if (!isUntouched && Object.keys(progress.optimizer).length === 0) throw new Error('optimizer is empty.');
    if (typeof progress.schedule !== 'object') throw new Error('schedule is not an object.');
  } catch (cause) {
    throw new HarmonicError(
      'INVALID_DATA',
      `The model file's record of its training run is damaged: ${printable((cause as Error).message, 300)}`,
      { cause },
    );
  }
  return progress;
}

function requireRecord({
  epoch,
  trainLoss,
  trainAccuracy,
  validation,
  learningRate,
  seconds,
}: EpochRecord): void {
  requireNumber('an epoch of history', epoch, atLeastOne);
  for (const value of [trainLoss, trainAccuracy, learningRate, seconds])
    requireNumber('a number of history', value, {});
  if (validation === undefined) return;
  for (const value of [validation.loss, validation.accuracy])
    requireNumber('a validation of history', value, {});
}

/** What a model file says about its model, besides the weights. */
export interface ModelFileInfo {
  /** The model's complete configuration. */
  config: HarmonicMLPConfig;
  /** The finished epochs of the run that it is a checkpoint of; empty for a model alone. */
  history: EpochRecord[];
  /** Whether it is a checkpoint, which `fit` can resume. */
  isCheckpoint: boolean;
  /** Where the run of a checkpoint stands: the current epoch, and the steps done in it. */
  position?: StepEvent;
  /** The strings in its metadata, such as those that were given to `toBytes` or `checkpoint`. */
  metadata: Record<string, string>;
}

/**
 * Reads what a file of `toBytes` or of a checkpoint says about its model, without making one.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is not such a file.
 */
export function inspectModelFile(bytes: Uint8Array): ModelFileInfo {
  const { config, metadata } = decodeModelFile(bytes);
  const progress = readProgress(metadata);
  if (progress === undefined) return { config, metadata, history: [], isCheckpoint: false };
  const { history, epoch, step, stepsPerEpoch } = progress;
  return { config, metadata, history, isCheckpoint: true, position: { epoch, step, stepsPerEpoch } };
}
