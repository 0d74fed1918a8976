import { multiplyAdd } from './multiply-add';

/** 1.5·2²³: a number added to it is rounded to an integer, which ends up in the lowest bits of the sum. */
const ROUNDER: f32 = 12582912;
const LOG2_E: f32 = 1.442695;
/** ln 2 in two parts; the first has 9 bits, so that its products with an exponent are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054690583e-4;

/**
 * eˣ in each lane for x ≤ 0, to 2 units in the last place; 0 from about −104 on, NaN for NaN.
 *
 * x is split into n·ln 2 + r with |r| ≤ ln 2/2, for which the error of the Taylor polynomial of degree 7 is at most 1e-8.
 */
// @ts-expect-error: decorator
@inline
export function expOfNegative(x: v128): v128 {
  // If x is less, the power is 0 in any case. NaN is not less.
  const bounded = f32x4.pmax(x, f32x4.splat(-110));
  const rounded = multiplyAdd(bounded, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
  const n = f32x4.sub(rounded, f32x4.splat(ROUNDER));
  const r = multiplyAdd(n, f32x4.splat(-LN2_LOW), multiplyAdd(n, f32x4.splat(-LN2_HIGH), bounded));
  let p = multiplyAdd(r, f32x4.splat(1.0 / 5040), f32x4.splat(1.0 / 720));
  p = multiplyAdd(p, r, f32x4.splat(1.0 / 120));
  p = multiplyAdd(p, r, f32x4.splat(1.0 / 24));
  p = multiplyAdd(p, r, f32x4.splat(1.0 / 6));
  p = multiplyAdd(p, r, f32x4.splat(0.5));
  p = f32x4.add(multiplyAdd(f32x4.mul(r, r), p, r), f32x4.splat(1));
  // 2ⁿ as two factors, which are normal numbers even where the power is not.
  const exponent = i32x4.sub(rounded, f32x4.splat(ROUNDER));
  const half = i32x4.shr_s(exponent, 1);
  return f32x4.mul(f32x4.mul(p, powerOf2(half)), powerOf2(i32x4.sub(exponent, half)));
}

// @ts-expect-error: decorator
@inline
function powerOf2(exponent: v128): v128 {
  return i32x4.shl(i32x4.add(exponent, i32x4.splat(127)), 23);
}
