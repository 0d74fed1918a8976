import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { EpochRecord, Evaluation } from '../records';
import { type OptimizerSettings, requireOptimizerSettings } from './optimizer-settings';
import { printable } from './safetensors';

/** What changed the learning rate of a run, and where it stands. */
export interface SavedSchedule {
  /** Its name, or the class of one that steps by epochs; older files do not tell. */
  kind?: string;
  /** What makes such a schedule again. */
  settings?: object;
  /** Of one that is a function of the step: the steps that it is long. */
  steps?: number;
  /** Of one that steps by epochs: what it remembers. */
  state?: object;
}

/** Where a run stands; with the model's and the optimizer's tensors, all that it needs to go on. */
export interface Progress {
  /** What shuffles and dropout masks are drawn from. */
  seed: number;
  /** The examples in a batch. */
  batchSize: number;
  /** Whether short last batches are left out. */
  dropLast: boolean;
  /** The examples of the data set; not in older files. */
  size?: number;
  /** The steps that an epoch has. */
  stepsPerEpoch: number;
  /** The current epoch, counted from 1. */
  epoch: number;
  /** The steps done in it. */
  step: number;
  /** The sum of its losses. */
  lossSum: number;
  /** The sums of its metrics, over the examples that it has seen. */
  metricSums: Record<string, number>;
  /** The examples that it has seen. */
  examples: number;
  /** The current rate; undefined where the optimizer tells none. */
  learningRate?: number;
  /** The rate that the run was started with, or was last told to go on with. */
  initialLearningRate?: number;
  /** The finished epochs. */
  history: EpochRecord[];
  /** Null for a constant rate. */
  schedule: SavedSchedule | null;
  /** What the optimizer works with; not in older files. */
  optimizerSettings?: OptimizerSettings;
  /** The numbers of the optimizer's state. */
  optimizer: Record<string, number>;
  /** What callbacks remember, by their names. */
  callbacks: Record<string, object>;
}

const count = { integer: true, min: 0 };
const atLeastOne = { integer: true, min: 1 };

/**
 * Checks the record of a training run, as the current version has it.
 *
 * @throws {HarmonicError} `INVALID_DATA` when something in it is missing or impossible.
 */
export function requireProgress(stored: object): Progress {
  const progress = stored as Progress;
  try {
    requireNumber('seed', progress.seed, count);
    requireNumber('batchSize', progress.batchSize, atLeastOne);
    if (typeof progress.dropLast !== 'boolean') throw new Error('dropLast is not true or false.');
    if (progress.size !== undefined) requireNumber('size', progress.size, atLeastOne);
    requireNumber('stepsPerEpoch', progress.stepsPerEpoch, atLeastOne);
    requireNumber('epoch', progress.epoch, atLeastOne);
    requireNumber('step', progress.step, { ...count, max: progress.stepsPerEpoch });
    requireNumber('lossSum', progress.lossSum, {});
    requireNumbers('metricSums', progress.metricSums, {});
    requireNumber('examples', progress.examples, count);
    for (const name of ['learningRate', 'initialLearningRate'] as const)
      if (progress[name] !== undefined) requireNumber(name, progress[name], { min: 0 });
    if (!Array.isArray(progress.history)) throw new Error('history is not a list.');
    const finished = progress.epoch - 1;
    requireNumber('the length of history', progress.history.length, { min: finished, max: finished });
    for (const record of progress.history) requireRecord(record);
    if (progress.optimizerSettings !== undefined) requireOptimizerSettings(progress.optimizerSettings);
    requireNumbers('optimizer', progress.optimizer, { min: 0 });
    const isUntouched = progress.epoch === 1 && progress.step === 0;
    if (!isUntouched && countsSteps(progress) && Object.keys(progress.optimizer).length === 0)
      throw new Error('optimizer is empty.');
    if (progress.schedule !== null) requireSchedule(progress.schedule);
    requireObject('callbacks', progress.callbacks);
    for (const [name, state] of Object.entries(progress.callbacks)) requireObject(`callbacks.${name}`, state);
  } catch (cause) {
    throw new HarmonicError(
      'INVALID_DATA',
      `The model file's record of its training run is damaged: ${printable((cause as Error).message, 300)}`,
      { cause },
    );
  }
  return progress;
}

/** Whether the optimizer is Adam, which keeps a count for each parameter; others keep tensors alone, or nothing. */
const countsSteps = ({ optimizerSettings }: Progress): boolean =>
  optimizerSettings === undefined ||
  [optimizerSettings.className, optimizerSettings.baseClassName].includes('HarmonicAdam');

function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${name} is not an object.`);
}

function requireNumbers(name: string, values: Record<string, number>, bounds: { min?: number }): void {
  requireObject(name, values);
  for (const [key, value] of Object.entries(values)) requireNumber(`${name}.${key}`, value, bounds);
}

function requireSchedule(schedule: SavedSchedule): void {
  requireObject('schedule', schedule);
  const { kind, settings, steps, state } = schedule;
  if (kind !== undefined && typeof kind !== 'string') throw new Error('schedule.kind is not a string.');
  if (steps !== undefined) requireNumber('schedule.steps', steps, atLeastOne);
  if (settings !== undefined) requireObject('schedule.settings', settings);
  if (state !== undefined) requireObject('schedule.state', state);
}

function requireRecord(record: EpochRecord): void {
  requireObject('a record of history', record);
  const {
    epoch,
    trainLoss,
    trainAccuracy = 0,
    trainMetrics = {},
    validation,
    learningRate,
    seconds,
  } = record;
  requireNumber('an epoch of history', epoch, atLeastOne);
  for (const value of [trainLoss, trainAccuracy, learningRate ?? 0, seconds])
    requireNumber('a number of history', value, {});
  requireNumbers('the metrics of history', trainMetrics, {});
  if (validation === undefined) return;
  requireNumber('the loss of a validation of history', validation.loss, {});
  requireNumbers('a validation of history', validation as Evaluation, {});
}
