import { requireNumber } from '@harmonic-mlp/core';
import { mul } from '@tensorflow/tfjs-core';
import type { Fusible } from './fusible';
import { mapUpdates, type Transform } from './transform';

/**
 * Multiplies the updates by a constant learning rate: `u ← rate·u`. The optimizer multiplies by its own rate as well, so this
 * gives a group of parameters a multiple of the rate that the others have.
 *
 * @param rate at least 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a rate out of bounds.
 */
export function scaleByLearningRate(rate: number): Transform {
  requireNumber('rate', rate, { min: 0 });
  return {
    name: 'scaleByLearningRate',
    settings: { rate },
    rate,
    update: (updates) => mapUpdates(updates, (update) => mul(update, rate)),
  } satisfies Fusible as Transform;
}
