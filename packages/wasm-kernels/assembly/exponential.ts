// The exponential function: x is split into n·ln 2 + r with |r| ≤ ln 2/2, for which the error of the Taylor polynomial of
// degree 7 is at most 1e-8.
import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply } from './passes';

/** 1.5·2²³: a number added to it is rounded to an integer, which ends up in the lowest bits of the sum. */
const ROUNDER: f32 = 12582912;
const LOG2_E: f32 = 1.442695;
/** ln 2 in two parts; the first has 9 bits, so that its products with an exponent are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054690583e-4;
/** Below the first, the power is 0, and above the second infinite, in any case. */
const LEAST: f32 = -110;
const LARGEST: f32 = 100;
/** Below this, eˣ − 1 is −1. */
const LEAST_MINUS_ONE: f32 = -60;
const C2: f32 = 0.5;
const C3: f32 = 1.0 / 6;
const C4: f32 = 1.0 / 24;
const C5: f32 = 1.0 / 120;
const C6: f32 = 1.0 / 720;
const C7: f32 = 1.0 / 5040;

/**
 * y = eˣ, to 2 units in the last place; 0 from about −104 on, infinite from about 88.7 on, NaN for NaN.
 *
 * @param x [count]
 * @param y [count], overwritten; may be x
 */
export function exp(count: i32, x: usize, y: usize): void {
  map(false, count, x, y);
}

/** y = eˣ − 1 for x ≤ 0, like {@link exp}, near 0 too. */
export function expMinusOne(count: i32, x: usize, y: usize): void {
  map(true, count, x, y);
}

/**
 * dz = dy·eᶻ.
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
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
function map(minusOne: bool, count: i32, x: usize, y: usize): void {
  // Sums with a zero, for the reason given in sine.ts.
  const zero = <f32>(count >> 31);
  const least = f32x4.splat((minusOne ? LEAST_MINUS_ONE : LEAST) + zero);
  const largest = f32x4.splat(LARGEST + zero);
  const log2e = f32x4.splat(LOG2_E + zero);
  const rounder = f32x4.splat(ROUNDER + zero);
  const high = f32x4.splat(-LN2_HIGH + zero);
  const low = f32x4.splat(-LN2_LOW + zero);
  const one = f32x4.splat(1 + zero);
  const c2 = f32x4.splat(C2 + zero);
  const c3 = f32x4.splat(C3 + zero);
  const c4 = f32x4.splat(C4 + zero);
  const c5 = f32x4.splat(C5 + zero);
  const c6 = f32x4.splat(C6 + zero);
  const c7 = f32x4.splat(C7 + zero);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const value = loadLanes(true, x + at);
    const power = ofVector(minusOne, value, least, largest, log2e, rounder, high, low, one, c2, c3, c4, c5, c6, c7);
    storeLanes(true, y + at, power);
  }
  for (; at < bytes; at += 4) {
    const value = loadLanes(false, x + at);
    const power = ofVector(minusOne, value, least, largest, log2e, rounder, high, low, one, c2, c3, c4, c5, c6, c7);
    storeLanes(false, y + at, power);
  }
}

/** eˣ in each lane for x ≤ 0, like {@link exp}. */
// @ts-expect-error: decorator
@inline
export function expOfNegative(x: v128): v128 {
  return ofVector(
    false,
    x,
    f32x4.splat(LEAST),
    f32x4.splat(LARGEST),
    f32x4.splat(LOG2_E),
    f32x4.splat(ROUNDER),
    f32x4.splat(-LN2_HIGH),
    f32x4.splat(-LN2_LOW),
    f32x4.splat(1),
    f32x4.splat(C2),
    f32x4.splat(C3),
    f32x4.splat(C4),
    f32x4.splat(C5),
    f32x4.splat(C6),
    f32x4.splat(C7),
  );
}

// @ts-expect-error: decorator
@inline
function ofVector(
  minusOne: bool,
  x: v128,
  least: v128,
  largest: v128,
  log2e: v128,
  rounder: v128,
  high: v128,
  low: v128,
  one: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
  c7: v128,
): v128 {
  // NaN is neither less nor greater.
  let bounded = f32x4.pmax(x, least);
  if (!minusOne) bounded = f32x4.pmin(bounded, largest);
  const rounded = multiplyAdd(bounded, log2e, rounder);
  const n = f32x4.sub(rounded, rounder);
  const r = multiplyAdd(n, low, multiplyAdd(n, high, bounded));
  let p = multiplyAdd(r, c7, c6);
  p = multiplyAdd(p, r, c5);
  p = multiplyAdd(p, r, c4);
  p = multiplyAdd(p, r, c3);
  p = multiplyAdd(p, r, c2);
  // eʳ − 1
  p = multiplyAdd(f32x4.mul(r, r), p, r);
  const exponent = i32x4.sub(rounded, rounder);
  if (minusOne) {
    const power = powerOf2(exponent, one);
    return multiplyAdd(p, power, f32x4.sub(power, one));
  }
  // 2ⁿ as two factors, which are normal numbers even where the power is not.
  const half = i32x4.shr_s(exponent, 1);
  p = f32x4.mul(f32x4.add(p, one), powerOf2(half, one));
  return f32x4.mul(p, powerOf2(i32x4.sub(exponent, half), one));
}

/** 2ⁿ, by adding n to the exponent of 1. */
// @ts-expect-error: decorator
@inline
function powerOf2(n: v128, one: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), one);
}
