import { square, sub, tanh as tfTanh } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The hyperbolic tangent, `y = tanh(z)`.
 *
 * @param inputs `z` [batch, units].
 */
export const tanh = defineElementwise({
  name: 'HarmonicMLP.Tanh',
  example: 'tanh({ z })',
  attributes: {},
  value: (z) => tfTanh(z),
  slope: (z) => sub(1, square(tfTanh(z))),
});
