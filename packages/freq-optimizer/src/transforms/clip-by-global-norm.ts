import { requireNumber } from '@harmonic-mlp/core';
import { add, div, maximum, mul, type Scalar, sqrt, square, sum } from '@tensorflow/tfjs-core';
import { mapUpdates, type Transform } from './transform';

/**
 * Scales all updates down by the same factor if their norm is larger than `maxNorm` (Pascanu et al., 2013):
 *
 * ```
 * n = √(Σ u²) over all elements of all parameters        u ← u · maxNorm/max(n, maxNorm)
 * ```
 *
 * Unlike here, `torch.nn.utils.clip_grad_norm_` adds 1e-6 to n.
 *
 * @param maxNorm greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a norm out of bounds.
 */
export function clipByGlobalNorm(maxNorm: number): Transform {
  requireNumber('maxNorm', maxNorm, { above: 0 });
  return {
    name: 'clipByGlobalNorm',
    settings: { maxNorm },
    update(updates) {
      if (updates.length === 0) return [];
      // One by one: the webgpu backend sums no more tensors at once than its device has buffers for a shader, and does not say so.
      const norm = sqrt(updates.map(({ update }) => sum<Scalar>(square(update))).reduce((a, b) => add(a, b)));
      const factor = div(maxNorm, maximum(norm, maxNorm));
      return mapUpdates(updates, (update) => mul(update, factor));
    },
  };
}
