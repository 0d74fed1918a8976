import { HarmonicError } from '@harmonic-mlp/core';
import { type Checkpoint, type Progress, readCheckpoint, unnamedArchitecture } from '../checkpoint';
import type { Model } from '../model';
import type { RunIdentity } from './run';
import type { ScheduleOption } from './schedule';

/** A checkpoint of a run. */
export type ResumableCheckpoint = Checkpoint<object> & { progress: Progress };

/**
 * The checkpoint of a run of such a model.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is none, or of another model; `INVALID_ARGUMENT` when it is not bytes.
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
      fix: 'Use a file that a checkpoint of fit gave.',
    });
  }
  for (const [name, value] of Object.entries(config)) {
    const stored = (checkpoint.config as Record<string, unknown>)[name];
    requireSame(`The checkpoint's model`, name, stored, value);
  }
  return { ...checkpoint, progress };
}

/** @throws {HarmonicError} `INVALID_DATA` when a checkpoint's run is not the one that is to go on. */
export function requireSameRun(saved: Progress, run: RunIdentity): void {
  for (const name of ['seed', 'batchSize', 'dropLast', 'size', 'stepsPerEpoch'] as const) {
    if (saved[name] !== undefined) requireSame(`The checkpoint's run`, name, saved[name], run[name]);
  }
}

function requireSame(what: string, name: string, stored: unknown, own: unknown): void {
  const [theirs, ours] = [stored, own].map((value) => JSON.stringify(value));
  if (theirs === ours) return;
  throw new HarmonicError('INVALID_DATA', {
    argument: name,
    value: own,
    allowed: theirs,
    problem: `${what} has ${name} ${theirs}, this one ${ours}; to go on, they must be the same.`,
  });
}

/**
 * The learning rate that a resumed run goes on with; undefined for the one that the checkpoint's run had come to.
 *
 * @param rate what the caller gives: it is followed where the checkpoint's run was started with another.
 */
export function rateToGoOnWith(
  { progress }: ResumableCheckpoint,
  rate: number | undefined,
  schedule: ScheduleOption | undefined,
): number | undefined {
  const { initialLearningRate, learningRate: current } = progress;
  const started = initialLearningRate ?? current;
  if (rate !== undefined && rate !== started) return rate;
  // The rate at a step of a curve is not one to stay at.
  const isConstant = schedule === null || schedule === 'constant';
  return isConstant && progress.schedule?.steps !== undefined ? started : undefined;
}
