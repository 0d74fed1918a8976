import { foldIn, randomKey } from '@harmonic-mlp/core';
import type { Progress } from '../checkpoint';
import {
  type BatchRequest,
  epochSteps as batchesOfEpoch,
  type EpochSteps,
  type ExampleSource,
  type Examples,
  epochBatches,
  findUnusableData,
  stepsPerEpoch,
} from '../data';
import type { Model } from '../model';
import type { Position } from '../records';
import { trainingSettings as defaults } from '../training-settings';
import type { FindFault } from './divergence-guard';
import type { CheckedFitOptions } from './fit-options';
import { requireSameRun } from './resume';
import type { RunIdentity } from './run';

/** The batches that a run trains on, and what is due after each step. */
export interface RunPlan<B extends Examples> {
  readonly identity: RunIdentity;
  /** The last step of the run, counted over all epochs. */
  readonly lastStep: number;
  /** The batches from a position to the end of its epoch. */
  batches(position: Position): EpochSteps<B>;
  /** Whether the losses are read after a step. */
  isReadDue(position: Position): boolean;
  /** Whether the validation data are evaluated after a step within an epoch: after every so many, and after the last of the run. */
  isEvaluationDue(position: Position): boolean;
  /** Looks for unusable data in some steps. */
  findFault: FindFault;
}

/**
 * Plans a run from its options, its data, and the checkpoint that it resumes.
 *
 * @throws {HarmonicError} `INVALID_DATA` if the checkpoint's run had other batches; `INVALID_SHAPE` or `INVALID_ARGUMENT` if a
 *   batch would be too small to train on.
 */
export function planRun<B extends Examples>(
  model: Model,
  train: ExampleSource<B>,
  options: CheckedFitOptions<B>,
  saved: Progress | undefined,
): RunPlan<B> {
  const {
    batchSize = saved?.batchSize ?? defaults.batchSize.default,
    dropLast = saved?.dropLast ?? defaults.dropLast.default,
    seed = saved?.seed ?? model.seed,
    epochs = options.steps === undefined ? defaults.epochs.default : Infinity,
    steps = Infinity,
    readEvery = defaults.readEvery.default,
    evaluateEvery = Infinity,
    task,
    signal,
  } = options;
  const cutting = { batchSize, dropLast, smallestBatch: model.smallestBatch };
  const epochSteps = stepsPerEpoch(train, cutting);
  const identity = {
    seed,
    batchSize,
    dropLast,
    size: train.size,
    stepsPerEpoch: epochSteps,
    task: task.name,
  };
  if (saved !== undefined) requireSameRun(saved, identity);

  const lastStep = Math.min(epochs * epochSteps, steps);
  const stepsDone = ({ epoch, step }: Position) => (epoch - 1) * epochSteps + step;
  const requestFor = (epoch: number, start: number): BatchRequest & { start: number } => {
    const shuffle = foldIn(foldIn(randomKey(seed), 'shuffle'), epoch);
    return { batchSize, shuffle, start, epoch, signal };
  };
  return {
    identity,
    lastStep,
    batches: ({ epoch, step }) => batchesOfEpoch(train, requestFor(epoch, step), cutting, task),
    isReadDue: (at) => at.step % readEvery === 0 || at.step === epochSteps || stepsDone(at) === lastStep,
    isEvaluationDue: (at) =>
      at.step < epochSteps && (stepsDone(at) % evaluateEvery === 0 || stepsDone(at) === lastStep),
    findFault(epoch, first, last) {
      const request = requestFor(epoch, first - 1);
      return findUnusableData(train, epochBatches(train, request, cutting, task), {
        request,
        count: last - first + 1,
        findTarget: (batch) => task.findUnusable(batch, model.outputSize),
        nameOf: (batch) => `the batch of step ${batch + 1} of epoch ${epoch}`,
      });
    },
  };
}
