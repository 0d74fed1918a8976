// Sine and cosine: the argument is reduced to [−π/2, π/2] in the manner of Cody and Waite, where a polynomial takes
// over. Absolute error below 1.5e-7 for every float.
import { multiplyAdd } from './multiply-add';

/** Arguments up to this are reduced in vectors; beyond, as infinities, they are left to the engine's Math. */
const LARGEST: f32 = 10000;
/** 1.5·2²³: a number of magnitude up to 2²² that is added to it is rounded to an integer, its lowest bits. */
const ROUNDER: f32 = 12582912;
const INVERSE_PI: f32 = 0.31830987;
/** π in three parts; the products of the first two, of 8 and 11 bits, with the number of half turns (13 bits) are exact. */
const PI_HIGH: f32 = 3.140625;
const PI_MIDDLE: f32 = 0.0009675025939941406;
const PI_LOW: f32 = 1.509958e-7;
/**
 * sin r ≈ r + r³·(C3 + C5·r² + C7·r⁴ + C9·r⁶) on [−π/2 − 6e-4, π/2 + 6e-4], the ends for a quotient that was rounded
 * the wrong way. Fitted by linear programming to the least maximum of the absolute error, 4.9e-9, one coefficient after
 * the other rounded to float32; the values never exceed 1.
 */
const C3: f32 = -0.16666656732559204;
const C5: f32 = 0.008333008736371994;
const C7: f32 = -0.00019806029740720987;
const C9: f32 = 2.5988374545704573e-6;

// @ts-ignore: decorator
@external('env', 'sin')
declare function sinOfEngine(x: f64): f64;
// @ts-ignore: decorator
@external('env', 'cos')
declare function cosOfEngine(x: f64): f64;

/** The sine of each lane, in radians; NaN for infinities, −0 for −0. */
// @ts-ignore: decorator
@inline
export function sinVector(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  if (v128.any_true(f32x4.gt(magnitude, f32x4.splat(LARGEST)))) return sinOfLanes(x);
  const rounded = multiplyAdd(magnitude, f32x4.splat(INVERSE_PI), f32x4.splat(ROUNDER));
  const sign = v128.xor(v128.xor(magnitude, x), i32x4.shl(rounded, 31));
  return v128.xor(sinOfReduced(magnitude, f32x4.sub(rounded, f32x4.splat(ROUNDER))), sign);
}

/** The cosine of each lane, in radians; NaN for infinities. */
// @ts-ignore: decorator
@inline
export function cosVector(x: v128): v128 {
  if (v128.any_true(f32x4.gt(f32x4.abs(x), f32x4.splat(LARGEST)))) return cosOfLanes(x);
  const turns = multiplyAdd(x, f32x4.splat(INVERSE_PI), f32x4.splat(0.5));
  const rounded = f32x4.add(turns, f32x4.splat(ROUNDER));
  const half = f32x4.sub(f32x4.sub(rounded, f32x4.splat(ROUNDER)), f32x4.splat(0.5));
  return v128.xor(sinOfReduced(x, half), i32x4.shl(rounded, 31));
}

/** sin(x − n·π), where that is in [−π/2, π/2]. */
// @ts-ignore: decorator
@inline
function sinOfReduced(x: v128, n: v128): v128 {
  let r = multiplyAdd(n, f32x4.splat(-PI_HIGH), x);
  r = multiplyAdd(n, f32x4.splat(-PI_MIDDLE), r);
  r = multiplyAdd(n, f32x4.splat(-PI_LOW), r);
  const square = f32x4.mul(r, r);
  let p = multiplyAdd(square, f32x4.splat(C9), f32x4.splat(C7));
  p = multiplyAdd(square, p, f32x4.splat(C5));
  p = multiplyAdd(square, p, f32x4.splat(C3));
  return multiplyAdd(f32x4.mul(r, square), p, r);
}

function sinOfLanes(x: v128): v128 {
  const y = f32x4.splat(<f32>sinOfEngine(f32x4.extract_lane(x, 0)));
  const y1 = f32x4.replace_lane(y, 1, <f32>sinOfEngine(f32x4.extract_lane(x, 1)));
  const y2 = f32x4.replace_lane(y1, 2, <f32>sinOfEngine(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y2, 3, <f32>sinOfEngine(f32x4.extract_lane(x, 3)));
}

function cosOfLanes(x: v128): v128 {
  const y = f32x4.splat(<f32>cosOfEngine(f32x4.extract_lane(x, 0)));
  const y1 = f32x4.replace_lane(y, 1, <f32>cosOfEngine(f32x4.extract_lane(x, 1)));
  const y2 = f32x4.replace_lane(y1, 2, <f32>cosOfEngine(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y2, 3, <f32>cosOfEngine(f32x4.extract_lane(x, 3)));
}

/**
 * y = sin x.
 *
 * @param x [count]
 * @param y [count], overwritten; may be x
 */
export function sin(count: i32, x: usize, y: usize): void {
  const bytes = (<usize>count) << 2;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(y + at, sinVector(v128.load(x + at)));
  for (; at < bytes; at += 4) store<f32>(y + at, f32x4.extract_lane(sinVector(v128.load32_splat(x + at)), 0));
}

/** y = cos x, as {@link sin}. */
export function cos(count: i32, x: usize, y: usize): void {
  const bytes = (<usize>count) << 2;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(y + at, cosVector(v128.load(x + at)));
  for (; at < bytes; at += 4) store<f32>(y + at, f32x4.extract_lane(cosVector(v128.load32_splat(x + at)), 0));
}
