import { exp } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The exponential function, `y = eᶻ`: numbers whose logarithms are trained stay positive.
 *
 * @param inputs `z`, of any shape.
 */
export const exponential = defineElementwise({
  name: 'HarmonicMLP.Exponential',
  example: 'exponential({ z })',
  attributes: {},
  value: (z) => exp(z),
  slope: (z) => exp(z),
});
