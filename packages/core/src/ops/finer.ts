import { abs, add, cos, mul, sin } from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/**
 * The variable-periodic activation of FINER (Liu et al., 2024), `y = sin(ω·(|z| + 1)·z)`: the farther from 0, the shorter the
 * period. As its authors' code does, the gradient treats the factor `|z| + 1` as a constant: `dz = dy·ω·(|z| + 1)·cos(…)`.
 *
 * @param inputs `z` [batch, units].
 * @param attributes `omega`: ω, greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is out of bounds or unknown.
 */
export const finer = defineElementwise<{ omega: number }>({
  name: 'HarmonicMLP.Finer',
  example: 'finer({ z }, { omega: 30 })',
  attributes: { omega: { above: 0 } },
  value: (z, { omega }) => sin(mul(mul(add(abs(z), 1), omega), z)),
  slope(z, { omega }) {
    const frequency = mul(add(abs(z), 1), omega);
    return mul(frequency, cos(mul(frequency, z)));
  },
});
