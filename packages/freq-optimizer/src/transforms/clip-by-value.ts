import { requireNumber } from '@harmonic-mlp/core';
import { clipByValue as clip } from '@tensorflow/tfjs-core';
import { mapUpdates, type Transform } from './transform';

/**
 * Clips every element of the updates: `u ← min(max(u, −limit), limit)`, like `torch.nn.utils.clip_grad_value_`.
 *
 * @param limit greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a limit out of bounds.
 */
export function clipByValue(limit: number): Transform {
  requireNumber('limit', limit, { above: 0 });
  return {
    name: 'clipByValue',
    settings: { limit },
    update: (updates) => mapUpdates(updates, (update) => clip(update, -limit, limit)),
  };
}
