import { mul, square, sub } from '@tensorflow/tfjs-core';
import { defineLoss } from './loss';

/**
 * The mean squared error, `L = mean(w·(outputs − targets)²)`.
 *
 * @param inputs `outputs` and `targets` [batch, outputs]; `weights` w of the examples, [batch], default ones.
 * @returns `[L, ∂L/∂outputs]`; only `L` is differentiable.
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ.
 */
export const squaredError = defineLoss({
  name: 'HarmonicMLP.SquaredError',
  example: 'squaredError({ outputs, targets })',
  attributes: {},
  terms(outputs, targets) {
    const difference = sub(outputs, targets);
    return { loss: square(difference), slope: mul(difference, 2) };
  },
});
