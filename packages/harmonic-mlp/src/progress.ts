import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { HarmonicMLPConfig } from './config';
import type { EpochRecord, StepEvent } from './fit-events';
import { decodeModelFile, parseMetadata } from './model-file';
import { type OptimizerSettings, requireSettings } from './optimizer-settings';
import { printable } from './safetensors';

/** Where a run stands; with the model's and the optimizer's tensors, all that it needs to go on. */
export interface Progress {
  seed: number;
  batchSize: number;
  /** Whether short last batches were left out; not in older files, which left out none. */
  dropLast?: boolean;
  /** The examples of the data set; not in older files. */
  size?: number;
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
  /** The current rate; undefined where the optimizer tells none. */
  learningRate?: number;
  /** The rate that the run was started with, or was last told to go on with. Not in older files, as what follows. */
  initialLearningRate?: number;
  history: EpochRecord[];
  schedule: object | null;
  scheduleKind?: string;
  scheduleSettings?: object;
  optimizerSettings?: OptimizerSettings;
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
    requireNumber('batchSize', progress.batchSize, atLeastOne);
    requireAbsentOr('boolean', 'dropLast', progress.dropLast);
    if (progress.size !== undefined) requireNumber('size', progress.size, atLeastOne);
    requireNumber('stepsPerEpoch', progress.stepsPerEpoch, atLeastOne);
    requireNumber('epoch', progress.epoch, atLeastOne);
    requireNumber('step', progress.step, { ...count, max: progress.stepsPerEpoch });
    requireNumber('lossSum', progress.lossSum, {});
    requireNumber('correct', progress.correct, count);
    requireNumber('examples', progress.examples, count);
    for (const name of ['learningRate', 'initialLearningRate'] as const)
      if (progress[name] !== undefined) requireNumber(name, progress[name], { min: 0 });
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
    requireAbsentOr('string', 'scheduleKind', progress.scheduleKind);
    requireAbsentOr('object', 'scheduleSettings', progress.scheduleSettings);
    if (progress.optimizerSettings !== undefined) requireSettings(progress.optimizerSettings);
  } catch (cause) {
    throw new HarmonicError(
      'INVALID_DATA',
      `The model file's record of its training run is damaged: ${printable((cause as Error).message, 300)}`,
      { cause },
    );
  }
  return progress;
}

function requireAbsentOr(type: 'boolean' | 'string' | 'object', name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== type || value === null))
    throw new Error(`${name} is no ${type}.`);
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
  for (const value of [trainLoss, trainAccuracy, learningRate ?? 0, seconds])
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
  /** The optimizer of a checkpoint's run, with its current rate; files of earlier releases do not tell. */
  optimizer?: OptimizerSettings;
  /** The learning rate that a checkpoint's run was started with, or was last told to go on with. */
  initialLearningRate?: number;
  /** The strings in its metadata, such as those that were given to `toBytes` or `checkpoint`. */
  metadata: Record<string, string>;
}

/**
 * Reads what a file of `toBytes` or of a checkpoint says about its model, without making one.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is not such a file, `INVALID_ARGUMENT` when it is no bytes.
 */
export function inspectModelFile(bytes: Uint8Array | ArrayBuffer): ModelFileInfo {
  const { config, metadata } = decodeModelFile(bytes);
  const progress = readProgress(metadata);
  if (progress === undefined) return { config, metadata, history: [], isCheckpoint: false };
  const { history, epoch, step, stepsPerEpoch, optimizerSettings, learningRate } = progress;
  const { initialLearningRate = history[0]?.learningRate ?? learningRate } = progress;
  return {
    config,
    metadata,
    history,
    isCheckpoint: true,
    position: { epoch, step, stepsPerEpoch },
    ...(optimizerSettings && { optimizer: optimizerSettings }),
    ...(initialLearningRate !== undefined && { initialLearningRate }),
  };
}
