import { abs, sign, sub } from '@tensorflow/tfjs-core';
import { defineLoss } from './loss';

/**
 * The mean absolute error, `L = mean(w·|outputs − targets|)`; its slope is 0 where they are equal.
 *
 * @param inputs `outputs` and `targets` [batch, outputs]; `weights` w of the examples, [batch], default ones.
 * @returns `[L, ∂L/∂outputs]`; only `L` is differentiable.
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ.
 */
export const absoluteError = defineLoss({
  name: 'HarmonicMLP.AbsoluteError',
  example: 'absoluteError({ outputs, targets })',
  attributes: {},
  terms(outputs, targets) {
    const difference = sub(outputs, targets);
    return { loss: abs(difference), slope: sign(difference) };
  },
});
