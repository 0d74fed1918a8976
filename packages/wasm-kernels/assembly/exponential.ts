// The exponential function: x is split into n·ln 2 + r with |r| ≤ ln 2/2, and eʳ ≈ 1 + r + r²·(C2 + C3·r + … + C6·r⁴).
import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { multiplyAdd } from './multiply-add';
import { multiply } from './passes';

/**
 * 1.5·2²³, plus 64 for negative arguments: a number added to it is rounded to an integer, which ends up in the lowest bits of
 * the sum. With the 64, these are the exponent of a normal number even where the power is not.
 */
const ROUNDER: f32 = 12582912;
const ROUNDER_OF_NEGATIVE: f32 = 12582976;
const CORRECTION: f32 = 5.421010862427522e-20; // 2⁻⁶⁴
const LOG2_E: f32 = 1.442695;
/** ln 2 in two parts; the first has 9 bits, so that its products with an exponent are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054690583e-4;
/** Below the first, the power is 0, and above the second infinite, in any case. */
const LEAST: f32 = -110;
const LARGEST: f32 = 100;
/** Below this, eˣ − 1 is −1. */
const LEAST_MINUS_ONE: f32 = -60;
/**
 * Fitted by Lawson's algorithm to minimize the maximum relative error, 3e-9, and 2e-8 of eʳ − 1, with the coefficients rounded
 * to float32 one after the other.
 */
const C2: f32 = 0.4999999403953552;
const C3: f32 = 0.1666652113199234;
const C4: f32 = 0.041668277233839035;
const C5: f32 = 0.008368688635528088;
const C6: f32 = 0.0013819823507219553;

// The variants of the function.
const ANY = 0;
const NEGATIVE = 1;
const MINUS_ONE = 2;

/**
 * y = eˣ, to 2 units in the last place; 0 from about −104 on, infinite from about 88.7 on, NaN for NaN.
 *
 * @param x [count]
 * @param y [count], overwritten; may be x
 * @divided count: x, y
 */
export function exp(count: i32, x: usize, y: usize): void {
  map(ANY, count, x, y);
}

/** y = eˣ for x ≤ 0, like {@link exp}, which is slower. */
export function expOfNegative(count: i32, x: usize, y: usize): void {
  map(NEGATIVE, count, x, y);
}

/** y = eˣ − 1 for x ≤ 0, like {@link exp}, near 0 too. */
export function expMinusOne(count: i32, x: usize, y: usize): void {
  map(MINUS_ONE, count, x, y);
}

/**
 * dz = dy·eᶻ.
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function expGradient(count: i32, dy: usize, z: usize, dz: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    exp(size, z, dz);
    multiply(size, dy, dz, dz);
  }
}

// @ts-expect-error: decorator
@inline
function map(variant: i32, count: i32, x: usize, y: usize): void {
  // Sums with a zero, for the reason given in sine.ts.
  const zero = <f32>(count >> 31);
  const least = f32x4.splat((variant == MINUS_ONE ? LEAST_MINUS_ONE : LEAST) + zero);
  const largest = f32x4.splat(LARGEST + zero);
  const log2e = f32x4.splat(LOG2_E + zero);
  const rounder = f32x4.splat((variant == NEGATIVE ? ROUNDER_OF_NEGATIVE : ROUNDER) + zero);
  const high = f32x4.splat(-LN2_HIGH + zero);
  const low = f32x4.splat(-LN2_LOW + zero);
  const one = f32x4.splat(1 + zero);
  const correction = f32x4.splat(CORRECTION + zero);
  const c2 = f32x4.splat(C2 + zero);
  const c3 = f32x4.splat(C3 + zero);
  const c4 = f32x4.splat(C4 + zero);
  const c5 = f32x4.splat(C5 + zero);
  const c6 = f32x4.splat(C6 + zero);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    const x0 = v128.load(x + at);
    const x1 = v128.load(x + at, 16);
    v128.store(y + at, ofVector(variant, x0, least, largest, log2e, rounder, high, low, one, correction, c2, c3, c4, c5, c6));
    v128.store(y + at, ofVector(variant, x1, least, largest, log2e, rounder, high, low, one, correction, c2, c3, c4, c5, c6), 16);
  }
  for (; at < bytes; at += 4) {
    const value = v128.load32_splat(x + at);
    const power = ofVector(variant, value, least, largest, log2e, rounder, high, low, one, correction, c2, c3, c4, c5, c6);
    v128.store32_lane(y + at, power, 0);
  }
}

/**
 * eˣ in each lane for x ≤ 0, to 2 units in the last place; 0 from about −104 on, NaN for NaN.
 *
 * By the Taylor polynomial of degree 7, as in earlier releases: a classifier's training runs keep their bits.
 */
// @ts-expect-error: decorator
@inline
export function expOfNegativeLanes(x: v128): v128 {
  // If x is less, the power is 0 in any case. NaN is not less.
  const bounded = f32x4.pmax(x, f32x4.splat(LEAST));
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
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(exponent, half)));
}

// @ts-expect-error: decorator
@inline
function powerOfTwo(exponent: v128): v128 {
  return i32x4.shl(i32x4.add(exponent, i32x4.splat(127)), 23);
}

// @ts-expect-error: decorator
@inline
function ofVector(
  variant: i32,
  x: v128,
  least: v128,
  largest: v128,
  log2e: v128,
  rounder: v128,
  high: v128,
  low: v128,
  one: v128,
  correction: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
): v128 {
  // NaN is neither less nor greater.
  let bounded = f32x4.pmax(x, least);
  if (variant == ANY) bounded = f32x4.pmin(bounded, largest);
  const rounded = multiplyAdd(bounded, log2e, rounder);
  const n = f32x4.sub(rounded, rounder);
  const r = multiplyAdd(n, low, multiplyAdd(n, high, bounded));
  const square = f32x4.mul(r, r);
  // In pairs, which do not wait for each other.
  let p = multiplyAdd(square, c6, multiplyAdd(r, c5, c4));
  p = multiplyAdd(square, p, multiplyAdd(r, c3, c2));
  // eʳ − 1
  p = multiplyAdd(square, p, r);
  if (variant == MINUS_ONE) {
    const power = powerOf2(rounded, one);
    return multiplyAdd(p, power, f32x4.sub(power, one));
  }
  p = f32x4.add(p, one);
  if (variant == NEGATIVE) return f32x4.mul(f32x4.mul(p, powerOf2(rounded, one)), correction);
  // 2ⁿ as two factors, which are normal numbers even where the power is not.
  const exponent = i32x4.sub(rounded, rounder);
  const half = i32x4.shr_s(exponent, 1);
  return f32x4.mul(f32x4.mul(p, powerOf2(half, one)), powerOf2(i32x4.sub(exponent, half), one));
}

/** 2ⁿ, by adding the lowest bits of n to the exponent of 1. */
// @ts-expect-error: decorator
@inline
function powerOf2(n: v128, one: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), one);
}
