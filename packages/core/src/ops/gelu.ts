import { add, erf, exp, mul, square } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The Gaussian error linear unit (Hendrycks and Gimpel, 2016), `y = z·Φ(z)` with the normal distribution's Φ, in its exact
 * form: `Φ(z) = (1 + erf(z/√2))/2`.
 *
 * @param inputs `z` [batch, units].
 */
export const gelu = defineElementwise({
  name: 'HarmonicMLP.Gelu',
  example: 'gelu({ z })',
  attributes: {},
  value: (z) => mul(z, normal(z)),
  slope: (z) => add(normal(z), mul(z, mul(exp(mul(square(z), -0.5)), 1 / Math.sqrt(2 * Math.PI)))),
});

/** Φ(z). */
const normal = (z: Parameters<typeof erf>[0]) => add(mul(erf(mul(z, Math.SQRT1_2)), 0.5), 0.5);
