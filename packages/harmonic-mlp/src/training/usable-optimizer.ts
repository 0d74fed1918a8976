import { HarmonicError } from '@harmonic-mlp/core';
import { getLearningRate, isSavable, requireEpsilon, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { settingsOf } from './optimizer-settings';
import { type ResumableCheckpoint, requireSameOptimizer } from './resume';

/**
 * Checks that an optimizer can do what a run needs, before the first step.
 *
 * @throws {HarmonicError} `UNSUPPORTED` if there is a schedule or a rate to follow, but none to read and set, or a run to resume, but no way to
 *   load its state; `INVALID_ARGUMENT` for an ε that is lost in the backend's floats; `INVALID_DATA` if the state is of another
 *   kind.
 */
export function requireUsableOptimizer(
  optimizer: Optimizer,
  needsRate: boolean,
  checkpoint: ResumableCheckpoint | undefined,
): void {
  const settings = settingsOf(optimizer);
  if (settings.epsilon !== undefined) requireEpsilon(settings.epsilon);
  if (needsRate) requireRate(optimizer);
  if (checkpoint === undefined) return;
  if (!isSavable(optimizer)) {
    throw new HarmonicError('UNSUPPORTED', {
      argument: 'optimizer',
      value: optimizer,
      problem: `A run cannot be resumed with ${optimizer.getClassName()}: it cannot load the state of a checkpoint.`,
      fix: 'Use Adam of @harmonic-mlp/freq-optimizer, or leave out resume and start a new run from HarmonicMLP.fromBytes.',
    });
  }
  requireSameOptimizer(checkpoint.progress, settings);
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
        problem: `${(cause as Error).message} To change the rate, pass another optimizer; otherwise, leave out learningRate and pass schedule: null.`,
      },
      { cause },
    );
  }
}
