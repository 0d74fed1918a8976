import { clipByValue, mul, sub } from '@tensorflow/tfjs-core';
import { defineLoss } from './loss';

/**
 * The mean Huber loss (Huber, 1964) of the differences d of outputs and targets, `d²/2` for |d| ≤ δ, else `δ·(|d| − δ/2)`: like
 * the squared error for small differences, and like the absolute one for outliers.
 *
 * @param inputs `outputs` and `targets` [batch, outputs]; `weights` of the examples, [batch], default ones.
 * @param attributes `delta`: δ, greater than 0.
 * @returns `[L, ∂L/∂outputs]`; only `L` is differentiable.
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ; `INVALID_ARGUMENT` for an attribute that is out of bounds or
 *   unknown.
 */
export const huberError = defineLoss<{ delta: number }>({
  name: 'HarmonicMLP.HuberError',
  example: 'huberError({ outputs, targets }, { delta: 1 })',
  attributes: { delta: { above: 0 } },
  terms(outputs, targets, { delta }) {
    const difference = sub(outputs, targets);
    const clipped = clipByValue(difference, -delta, delta);
    // d²/2 = d·(d − d/2), and δ·(|d| − δ/2) = ±δ·(d ∓ δ/2): in both, c is the clipped difference.
    return { loss: mul(clipped, sub(difference, mul(clipped, 0.5))), slope: clipped };
  },
});
