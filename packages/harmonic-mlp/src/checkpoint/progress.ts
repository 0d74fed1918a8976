import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { EpochRecord } from '../records';
import { requireSetting } from '../setting';
import { damaged } from './damaged';
import { type OptimizerSettings, requireOptimizerSettings } from './optimizer-settings';

/** What changes the learning rate of a run, and its state. */
export interface SavedSchedule {
  /** Its name, or the class of a schedule that steps by epochs; missing from older files. */
  kind?: string;
  /** The settings from which it can be made again. */
  settings?: object;
  /** The length in steps of a schedule that is a function of the step. */
  steps?: number;
  /** The state of a schedule that steps by epochs. */
  state?: object;
}

/** The state of a run: with the tensors of the model and the optimizer, all that it needs to continue. */
export interface Progress {
  /** The seed of the shuffles and dropout masks. */
  seed: number;
  /** The number of examples in a batch. */
  batchSize: number;
  /** Whether short last batches are left out. */
  dropLast: boolean;
  /** The number of examples in the data set; missing from older files. */
  size?: number;
  /** The number of steps in an epoch. */
  stepsPerEpoch: number;
  /** The name of the task; missing from older files. */
  task?: string;
  /** The current epoch, counted from 1. */
  epoch: number;
  /** The number of steps done in it. */
  step: number;
  /** The sum of the losses of these steps. */
  lossSum: number;
  /** The sums of the metrics over the examples of these steps. */
  metricSums: Record<string, number | number[]>;
  /** The number of examples in these steps. */
  examples: number;
  /** Whether the validation data have been evaluated since the last step; missing from older files. */
  isEvaluated?: boolean;
  /** The current learning rate; undefined if the optimizer does not report one. */
  learningRate?: number;
  /** The learning rate that the run started with, or was last resumed with. */
  initialLearningRate?: number;
  /** The finished epochs. */
  history: EpochRecord[];
  /** Null for a constant rate. */
  schedule: SavedSchedule | null;
  /** The settings of the optimizer; missing from older files. */
  optimizerSettings?: OptimizerSettings;
  /** The numbers in the optimizer's state. */
  optimizer: Record<string, number>;
  /** The state of the callbacks, by name. */
  callbacks: Record<string, object>;
}

const count = { integer: true, min: 0 };
const atLeastOne = { integer: true, min: 1 };

/**
 * Checks the record of a training run, in the form of the current version.
 *
 * @throws {HarmonicError} `INVALID_DATA` if something in it is missing or impossible.
 */
export function requireProgress(stored: object): Progress {
  const progress = stored as Progress;
  try {
    requireNumber('seed', progress.seed, count);
    requireNumber('batchSize', progress.batchSize, atLeastOne);
    requireSetting('dropLast', progress.dropLast, { kind: 'flag', default: false });
    if (progress.size !== undefined) requireNumber('size', progress.size, atLeastOne);
    requireNumber('stepsPerEpoch', progress.stepsPerEpoch, atLeastOne);
    const { task = '' } = progress;
    requireThat(typeof task === 'string', 'task', task, 'a string');
    requireNumber('epoch', progress.epoch, atLeastOne);
    requireNumber('step', progress.step, { ...count, max: progress.stepsPerEpoch });
    requireNumber('lossSum', progress.lossSum, {});
    requireObject('metricSums', progress.metricSums);
    for (const [name, sums] of Object.entries(progress.metricSums)) {
      for (const sum of [sums].flat()) requireNumber(`metricSums.${name}`, sum, {});
    }
    requireNumber('examples', progress.examples, count);
    if (progress.isEvaluated !== undefined)
      requireSetting('isEvaluated', progress.isEvaluated, { kind: 'flag', default: false });
    for (const name of ['learningRate', 'initialLearningRate'] as const)
      if (progress[name] !== undefined) requireNumber(name, progress[name], { min: 0 });
    requireThat(Array.isArray(progress.history), 'history', progress.history, 'a list');
    const finished = progress.epoch - 1;
    requireNumber('history.length', progress.history.length, { min: finished, max: finished });
    for (const [i, record] of progress.history.entries()) requireRecord(`history[${i}]`, record);
    if (progress.optimizerSettings !== undefined) requireOptimizerSettings(progress.optimizerSettings);
    requireNumbers('optimizer', progress.optimizer, { min: 0 });
    const isUntouched = progress.epoch === 1 && progress.step === 0;
    const isEmpty = Object.keys(progress.optimizer).length === 0;
    requireThat(
      isUntouched || !countsSteps(progress) || !isEmpty,
      'optimizer',
      progress.optimizer,
      'the counts of its steps',
    );
    if (progress.schedule !== null) requireSchedule(progress.schedule);
    requireObject('callbacks', progress.callbacks);
    for (const [name, state] of Object.entries(progress.callbacks)) requireObject(`callbacks.${name}`, state);
  } catch (cause) {
    throw damaged('training', "The model file's record of its training run", cause);
  }
  return progress;
}

/** Whether the optimizer is Adam, which counts the steps of each parameter; others keep only tensors, or nothing. */
const countsSteps = ({ optimizerSettings }: Progress): boolean =>
  optimizerSettings === undefined ||
  [optimizerSettings.className, optimizerSettings.baseClassName].includes('HarmonicAdam');

function requireThat(holds: boolean, argument: string, value: unknown, allowed: string): void {
  if (!holds) throw new HarmonicError('INVALID_DATA', { argument, value, allowed });
}

const requireObject = (name: string, value: unknown): void =>
  requireThat(typeof value === 'object' && value !== null && !Array.isArray(value), name, value, 'an object');

function requireNumbers(name: string, values: Record<string, number>, bounds: { min?: number }): void {
  requireObject(name, values);
  for (const [key, value] of Object.entries(values)) requireNumber(`${name}.${key}`, value, bounds);
}

function requireSchedule(schedule: SavedSchedule): void {
  requireObject('schedule', schedule);
  const { kind, settings, steps, state } = schedule;
  requireThat(kind === undefined || typeof kind === 'string', 'schedule.kind', kind, 'a string');
  if (steps !== undefined) requireNumber('schedule.steps', steps, atLeastOne);
  if (settings !== undefined) requireObject('schedule.settings', settings);
  if (state !== undefined) requireObject('schedule.state', state);
}

function requireRecord(name: string, record: EpochRecord): void {
  requireObject(name, record);
  const { trainLoss, trainAccuracy = 0, trainMetrics = {}, validation, seconds } = record;
  requireNumber(`${name}.epoch`, record.epoch, atLeastOne);
  const learningRate = record.learningRate ?? 0;
  requireNumbers(name, { trainLoss, trainAccuracy, learningRate, seconds }, {});
  requireNumbers(`${name}.trainMetrics`, trainMetrics, {});
  if (validation === undefined) return;
  requireObject(`${name}.validation`, validation);
  const { loss } = validation;
  requireNumbers(`${name}.validation`, { ...validation, loss }, {});
}
