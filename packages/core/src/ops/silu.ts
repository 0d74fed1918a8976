import { add, mul, sigmoid, sub } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The sigmoid linear unit, also called Swish (Elfwing et al., 2017), `y = z·σ(z)`.
 *
 * @param inputs `z` [batch, units].
 */
export const silu = defineElementwise({
  name: 'HarmonicMLP.Silu',
  example: 'silu({ z })',
  attributes: {},
  value: (z) => mul(z, sigmoid(z)),
  slope(z) {
    const gate = sigmoid(z);
    return mul(gate, add(mul(z, sub(1, gate)), 1));
  },
});
