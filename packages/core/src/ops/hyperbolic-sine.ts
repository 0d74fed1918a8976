import { cos, cosh, mul, sin, sinh } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The first layer's activation of H-SIREN (Gao and Jaiman, 2024), `y = sin(sinh(2·z))`: a sine near 0 whose frequency grows
 * exponentially with the distance from it.
 *
 * @param inputs `z` [batch, units]. From |z| ≈ 6 on, float32 no longer resolves the waves.
 */
export const hyperbolicSine = defineElementwise({
  name: 'HarmonicMLP.HyperbolicSine',
  example: 'hyperbolicSine({ z })',
  attributes: {},
  value: (z) => sin(sinh(mul(z, 2))),
  slope(z) {
    const doubled = mul(z, 2);
    return mul(mul(cosh(doubled), 2), cos(sinh(doubled)));
  },
});
