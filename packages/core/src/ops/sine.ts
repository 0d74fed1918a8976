import { cos, mul, neg, sin } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * A sine of angular frequency ω, `y = sin(ω·z)`: the activation of SIREN (Sitzmann et al., 2020).
 *
 * @param inputs `z` [batch, units].
 * @param attributes `omega`: ω, greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is out of bounds or unknown.
 */
export const sine = defineElementwise<{ omega: number }>({
  name: 'HarmonicMLP.Sine',
  example: 'sine({ z }, { omega: 30 })',
  attributes: { omega: { above: 0 } },
  value: (z, { omega }) => sin(mul(z, omega)),
  slope: (z, { omega }) => mul(cos(mul(z, omega)), omega),
});

/**
 * A cosine of angular frequency ω, `y = cos(ω·z)`.
 *
 * @param inputs `z` [batch, units].
 * @param attributes `omega`: ω, greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is out of bounds or unknown.
 */
export const cosine = defineElementwise<{ omega: number }>({
  name: 'HarmonicMLP.Cosine',
  example: 'cosine({ z }, { omega: 30 })',
  attributes: { omega: { above: 0 } },
  value: (z, { omega }) => cos(mul(z, omega)),
  slope: (z, { omega }) => neg(mul(sin(mul(z, omega)), omega)),
});
