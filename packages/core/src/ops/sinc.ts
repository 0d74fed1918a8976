import {
  abs,
  add,
  cos,
  div,
  less,
  mul,
  onesLike,
  sin,
  square,
  sub,
  type Tensor2D,
  where,
} from '@tensorflow/tfjs-core';
import { defineElementwise } from './elementwise';

/** Below this, the terms of the slope cancel, and its Taylor series is used; its error there is below 1e-9. */
const small = 0.5;

/** `series(u)` where u is small, otherwise `direct(u)`. */
function byMagnitude(
  u: Tensor2D,
  series: (u: Tensor2D) => Tensor2D,
  direct: (u: Tensor2D) => Tensor2D,
): Tensor2D {
  const isSmall = less(abs(u), small);
  // The branch that is not taken must not divide by 0.
  return where(isSmall, series(u), direct(where(isSmall, onesLike(u), u)));
}

/**
 * The cardinal sine, `y = sin(ω·z)/(ω·z)`, which is 1 at 0 (proposed as an activation by Saratchandran et al., 2024).
 *
 * @param inputs `z` [batch, units].
 * @param attributes `omega`: ω, greater than 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an attribute that is out of bounds or unknown.
 */
export const sinc = defineElementwise<{ omega: number }>({
  name: 'HarmonicMLP.Sinc',
  example: 'sinc({ z }, { omega: 30 })',
  attributes: { omega: { above: 0 } },
  value: (z, { omega }) =>
    byMagnitude(
      mul(z, omega),
      // 1 − u²/6 + u⁴/120 − u⁶/5040
      (u) => polynomial(square(u), [1, -1 / 6, 1 / 120, -1 / 5040]),
      (u) => div(sin(u), u),
    ),
  slope: (z, { omega }) =>
    mul(
      byMagnitude(
        mul(z, omega),
        // −u/3 + u³/30 − u⁵/840 + u⁷/45360
        (u) => mul(u, polynomial(square(u), [-1 / 3, 1 / 30, -1 / 840, 1 / 45360])),
        (u) => div(sub(cos(u), div(sin(u), u)), u),
      ),
      omega,
    ),
});

/** `c₀ + c₁·x + c₂·x² + …` */
const polynomial = (x: Tensor2D, coefficients: readonly number[]): Tensor2D =>
  coefficients
    .slice(0, -1)
    .reduceRight<Tensor2D>((sum, c) => add(mul(sum, x), c), mul(onesLike(x), coefficients.at(-1)!));
