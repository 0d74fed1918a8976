import { HarmonicError } from '@harmonic-mlp/core';
import { getLearningRate, isSavable, requireEpsilon, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { settingsOf } from './optimizer-settings';
import type { ResumableCheckpoint } from './resume';

/**
 * Checks what a run will need of its optimizer, before the first step needs it.
 *
 * @throws {HarmonicError} `UNSUPPORTED` when there is a schedule, but no rate to read and set, or a run to resume, but no
 *   state to load; `INVALID_ARGUMENT` for an ε that the backend's floats lose.
 */
export function requireUsableOptimizer(
  optimizer: Optimizer,
  needsRate: boolean,
  checkpoint: ResumableCheckpoint | undefined,
): void {
  const { epsilon } = settingsOf(optimizer);
  if (epsilon !== undefined) requireEpsilon(epsilon);
  if (needsRate) requireRate(optimizer);
  if (checkpoint !== undefined && !isSavable(optimizer)) {
    throw new HarmonicError('UNSUPPORTED', {
      argument: 'optimizer',
      value: optimizer,
      problem: `A run cannot be resumed with ${optimizer.getClassName()}: it cannot load the state of a checkpoint.`,
      fix: 'Use Adam of @harmonic-mlp/freq-optimizer, or leave out resume and begin anew from HarmonicMLP.fromBytes.',
    });
  }
}

function requireRate(optimizer: Optimizer): void {
  try {
    setLearningRate(optimizer, getLearningRate(optimizer));
  } catch (cause) {
    throw new HarmonicError(
      'UNSUPPORTED',
      {
        argument: 'optimizer',
        value: optimizer,
        problem: `${(cause as Error).message} A schedule changes the rate: give another optimizer, or schedule: null.`,
      },
      { cause },
    );
  }
}
