import { HarmonicError } from '@harmonic-mlp/core';
import type { OptimizerName } from '@harmonic-mlp/freq-optimizer';
import {
  type Checkpoint,
  type OptimizerSettings,
  type Progress,
  readCheckpoint,
  unnamedArchitecture,
} from '../checkpoint';
import type { Model } from '../model';
import type { RunIdentity } from './run';
import type { ScheduleOption } from './schedule';

/** A checkpoint of a run. */
export type ResumableCheckpoint = Checkpoint<object> & { progress: Progress };

/**
 * Reads the checkpoint of a run of such a model.
 *
 * @throws {HarmonicError} `INVALID_DATA` if it is not a checkpoint, or of another model; `INVALID_ARGUMENT` if it is not bytes.
 */
export function requireResumable(
  file: Uint8Array | ArrayBuffer | Checkpoint<object>,
  { config, architecture = unnamedArchitecture }: Model,
): ResumableCheckpoint {
  const checkpoint = readCheckpoint(file, architecture);
  const { progress } = checkpoint;
  if (progress === undefined) {
    throw new HarmonicError('INVALID_DATA', {
      argument: 'resume',
      problem: 'This file holds a model, but no training run to resume.',
      fix: 'Use a file made by checkpoint in an event of fit.',
    });
  }
  for (const [name, value] of Object.entries(config)) {
    const stored = (checkpoint.config as Record<string, unknown>)[name];
    requireSame(`The checkpoint's model`, name, stored, value);
  }
  return { ...checkpoint, progress };
}

/** @throws {HarmonicError} `INVALID_DATA` if a checkpoint's run does not match the one that is to continue. */
export function requireSameRun(saved: Progress, run: RunIdentity): void {
  for (const name of ['seed', 'batchSize', 'dropLast', 'size', 'stepsPerEpoch', 'task'] as const) {
    if (saved[name] !== undefined) requireSame(`The checkpoint's run`, name, saved[name], run[name]);
  }
}

/**
 * Checks that the state of a checkpoint's optimizer is of the kind that another one keeps, as far as both are known.
 *
 * @throws {HarmonicError} `INVALID_DATA` if it is of another kind.
 */
export function requireSameOptimizer({ optimizerSettings }: Progress, own: OptimizerSettings): void {
  const [theirs, ours] = [optimizerSettings, own].map(kindOf);
  if (theirs !== undefined && ours !== undefined)
    requireSame(`The checkpoint's run`, 'optimizer', theirs, ours);
}

/** The kind of state of an optimizer: both kinds of Adam keep the same. */
function kindOf({
  className,
  baseClassName,
  optimizer,
}: Partial<OptimizerSettings> = {}): OptimizerName | undefined {
  return (baseClassName ?? className) === 'HarmonicAdam' || optimizer === 'adamw' ? 'adam' : optimizer;
}

function requireSame(what: string, name: string, stored: unknown, own: unknown): void {
  const [theirs, ours] = [stored, own].map((value) => JSON.stringify(value));
  if (theirs === ours) return;
  throw new HarmonicError('INVALID_DATA', {
    argument: name,
    value: own,
    allowed: theirs,
    problem: `${what} has ${name} ${theirs}, this one ${ours}; to resume, they must be the same.`,
  });
}

/**
 * The learning rate with which a resumed run continues; undefined for the one that the checkpoint's run had reached.
 *
 * @param rate the rate that the caller asks for: it is followed if the checkpoint's run started with another one.
 */
export function resumedRate(
  { progress }: ResumableCheckpoint,
  rate: number | undefined,
  schedule: ScheduleOption | undefined,
): number | undefined {
  const { initialLearningRate, learningRate: current } = progress;
  const started = initialLearningRate ?? current;
  if (rate !== undefined && rate !== started) return rate;
  // The rate at some step of a curve is not where another schedule starts.
  return schedule !== undefined && progress.schedule?.steps !== undefined ? started : undefined;
}
