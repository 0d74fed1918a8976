import { mul, sub, sigmoid as tfSigmoid } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The logistic function, `y = 1/(1 + e⁻ᶻ)`.
 *
 * @param inputs `z` [batch, units].
 */
export const sigmoid = defineElementwise({
  name: 'HarmonicMLP.Sigmoid',
  example: 'sigmoid({ z })',
  attributes: {},
  value: (z) => tfSigmoid(z),
  slope(z) {
    const y = tfSigmoid(z);
    return mul(y, sub(1, y));
  },
});
