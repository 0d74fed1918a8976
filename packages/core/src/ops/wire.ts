import { add, cos, exp, mul, neg, sin, square } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The real Gabor wavelet, `y = cos(ω·z)·exp(−(s·z)²)`: the real part of the activation of WIRE (Saragadam et al., 2023) for
 * real pre-activations.
 *
 * @param inputs `z` [batch, units].
 * @param attributes `omega`: ω, `scale`: s, both greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is out of bounds or unknown.
 */
export const wire = defineElementwise<{ omega: number; scale: number }>({
  name: 'HarmonicMLP.Wire',
  example: 'wire({ z }, { omega: 20, scale: 10 })',
  attributes: { omega: { above: 0 }, scale: { above: 0 } },
  value: (z, { omega, scale }) => mul(cos(mul(z, omega)), exp(neg(square(mul(z, scale))))),
  slope(z, { omega, scale }) {
    const phase = mul(z, omega);
    const wave = add(mul(sin(phase), omega), mul(mul(z, 2 * scale ** 2), cos(phase)));
    return neg(mul(wave, exp(neg(square(mul(z, scale))))));
  },
});
