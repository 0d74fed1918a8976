// sinh and cosh: the argument x is split into n·ln 2 + r with |r| ≤ ln 2/2, and the addition theorems take over:
// sinh x = sinh(n·ln 2)·cosh r + cosh(n·ln 2)·sinh r, and cosh x alike, which lose no digits near 0 either. The functions of
// n·ln 2 are sums of two powers of 2; those of r are Taylor polynomials, with relative errors below 6e-9 and 1e-9.
import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply, multiplyScaled } from './passes';
import { cos, sin } from './sine';

/** 1.5·2²³: a number added to it is rounded to an integer, which ends up in the lowest bits of the sum. */
const ROUNDER: f32 = 12582912;
const LOG2_E: f32 = 1.442695;
/** ln 2 in two parts; the first has 9 bits, so that its products with an exponent are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054690583e-4;
/** From here on, the results are infinite, or nearly so. */
const LARGEST: f32 = 128;

/**
 * y = sin(sinh(2z)).
 *
 * @param z [count]
 * @param y [count], overwritten
 */
export function hyperbolicSine(count: i32, z: usize, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    hyperbolic(false, size, z, y);
    sin(size, y, y);
  }
}

/**
 * dz = dy·2·cosh(2z)·cos(sinh(2z)).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @param scratch a block
 */
export function hyperbolicSineGradient(count: i32, dy: usize, z: usize, dz: usize, scratch: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    hyperbolic(false, size, z, dz);
    cos(size, dz, dz);
    hyperbolic(true, size, z, scratch);
    multiplyScaled(size, scratch, 2, dz);
    multiply(size, dy, dz, dz);
  }
}

/** y = sinh(2z), or cosh(2z). */
function hyperbolic(cosine: bool, count: i32, z: usize, y: usize): void {
  if (cosine) map(true, floats(count), z, y);
  else map(false, floats(count), z, y);
}

// @ts-expect-error: decorator
@inline
function map(cosine: bool, bytes: usize, z: usize, y: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) mapLanes(cosine, true, z + at, y + at);
  for (; at < bytes; at += 4) mapLanes(cosine, false, z + at, y + at);
}

// @ts-expect-error: decorator
@inline
function mapLanes(cosine: bool, whole: bool, z: usize, y: usize): void {
  const half = loadLanes(whole, z);
  const x = f32x4.add(half, half);
  // NaN is neither less nor greater.
  let quotient = f32x4.pmin(f32x4.mul(x, f32x4.splat(LOG2_E)), f32x4.splat(LARGEST));
  quotient = f32x4.pmax(quotient, f32x4.splat(-LARGEST));
  const rounded = f32x4.add(quotient, f32x4.splat(ROUNDER));
  const n = f32x4.sub(rounded, f32x4.splat(ROUNDER));
  const r = multiplyAdd(n, f32x4.splat(-LN2_LOW), multiplyAdd(n, f32x4.splat(-LN2_HIGH), x));
  const exponent = i32x4.sub(rounded, f32x4.splat(ROUNDER));
  const growing = halfOfPower(exponent);
  const falling = halfOfPower(i32x4.neg(exponent));
  const sinh = f32x4.sub(growing, falling);
  const cosh = f32x4.add(growing, falling);
  const square = f32x4.mul(r, r);
  let ofCosh = multiplyAdd(square, f32x4.splat(1.0 / 720), f32x4.splat(1.0 / 24));
  // cosh r − 1
  ofCosh = f32x4.mul(square, multiplyAdd(square, ofCosh, f32x4.splat(0.5)));
  let ofSinh = multiplyAdd(square, f32x4.splat(1.0 / 5040), f32x4.splat(1.0 / 120));
  ofSinh = multiplyAdd(square, ofSinh, f32x4.splat(1.0 / 6));
  ofSinh = multiplyAdd(f32x4.mul(r, square), ofSinh, r);
  const first = cosine ? cosh : sinh;
  const second = cosine ? sinh : cosh;
  const rest = multiplyAdd(first, ofCosh, f32x4.mul(second, ofSinh));
  storeLanes(whole, y, f32x4.add(first, rest));
}

/** 2ⁿ⁻¹, or 0 where it is not a normal number. */
// @ts-expect-error: decorator
@inline
function halfOfPower(n: v128): v128 {
  return i32x4.shl(i32x4.max_s(i32x4.add(n, i32x4.splat(126)), i32x4.splat(0)), 23);
}
