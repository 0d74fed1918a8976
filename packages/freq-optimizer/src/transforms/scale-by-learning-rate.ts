import { requireNumber } from '@harmonic-mlp/core';
import { mul } from '@tensorflow/tfjs-core';
import { mapUpdates, type Transform } from './transform';

/**
 * Multiplies the updates by a learning rate: `u ← rate·u`. The optimizer's own rate, which a schedule changes, comes on top
 * of it; so this is for a group of parameters whose rate is a multiple of the others'.
 *
 * @param rate at least 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a rate out of bounds.
 */
export function scaleByLearningRate(rate: number): Transform & { readonly rate: number } {
  requireNumber('rate', rate, { min: 0 });
  return {
    name: 'scaleByLearningRate',
    settings: { rate },
    rate,
    update: (updates) => mapUpdates(updates, (update) => mul(update, rate)),
  };
}
