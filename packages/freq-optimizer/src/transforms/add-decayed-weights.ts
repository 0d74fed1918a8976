import { requireNumber } from '@harmonic-mlp/core';
import { add, mul } from '@tensorflow/tfjs-core';
import type { Fusible } from './fusible';
import { mapUpdates, type Transform } from './transform';

/**
 * Weight decay: `u ← u + λ·w`. Before `scaleByAdam`, it is coupled (L2), as in `torch.optim.Adam`. After `scaleByAdam`, it is
 * decoupled, as in AdamW (Loshchilov and Hutter, 2019): the weights shrink by the learning rate times λ.
 *
 * @param weightDecay λ, at least 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a decay out of bounds.
 */
export function addDecayedWeights(weightDecay: number): Transform {
  requireNumber('weightDecay', weightDecay, { min: 0 });
  return {
    name: 'addDecayedWeights',
    settings: { weightDecay },
    weightDecay,
    update: (updates) => mapUpdates(updates, (update, parameter) => add(update, mul(parameter, weightDecay))),
  } satisfies Fusible as Transform;
}
