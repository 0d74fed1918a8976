import { exp, mul, neg, square } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The Gaussian activation (Ramasinghe and Lucey, 2022) in the form of WIRE's authors, `y = exp(−(s·z)²)`.
 *
 * @param inputs `z` [batch, units].
 * @param attributes `scale`: s, greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is out of bounds or unknown.
 */
export const gauss = defineElementwise<{ scale: number }>({
  name: 'HarmonicMLP.Gauss',
  example: 'gauss({ z }, { scale: 30 })',
  attributes: { scale: { above: 0 } },
  value: (z, { scale }) => exp(neg(square(mul(z, scale)))),
  slope: (z, { scale }) => mul(mul(z, -2 * scale ** 2), exp(neg(square(mul(z, scale))))),
});
