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
 * @divided count: z, y
 */
export function hyperbolicSine(count: i32, z: usize, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    hyperbolic(size, z, y, 0);
    sin(size, y, y);
  }
}

/**
 * dz = dy·2·cosh(2z)·cos(sinh(2z)).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @param scratch a block
 * @divided count: dy, z, dz
 */
export function hyperbolicSineGradient(count: i32, dy: usize, z: usize, dz: usize, scratch: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    hyperbolic(size, z, dz, scratch);
    cos(size, dz, dz);
    multiplyScaled(size, scratch, 2, dz);
    multiply(size, dy, dz, dz);
  }
}

/**
 * sinh = sinh(2z), and cosh = cosh(2z).
 *
 * @param cosh [count], overwritten; 0 for none
 */
function hyperbolic(count: i32, z: usize, sinh: usize, cosh: usize): void {
  // Sums with a zero, for the reason given in sine.ts.
  const zero = <f32>(count >> 31);
  const log2e = f32x4.splat(LOG2_E + zero);
  const largest = f32x4.splat(LARGEST + zero);
  const least = f32x4.splat(-LARGEST + zero);
  const rounder = f32x4.splat(ROUNDER + zero);
  const high = f32x4.splat(-LN2_HIGH + zero);
  const low = f32x4.splat(-LN2_LOW + zero);
  const c2 = f32x4.splat(0.5 + zero);
  const c3 = f32x4.splat(<f32>(1.0 / 6) + zero);
  const c4 = f32x4.splat(<f32>(1.0 / 24) + zero);
  const c5 = f32x4.splat(<f32>(1.0 / 120) + zero);
  const c6 = f32x4.splat(<f32>(1.0 / 720) + zero);
  const c7 = f32x4.splat(<f32>(1.0 / 5040) + zero);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    mapLanes(true, at, z, sinh, cosh, log2e, largest, least, rounder, high, low, c2, c3, c4, c5, c6, c7);
  }
  for (; at < bytes; at += 4) {
    mapLanes(false, at, z, sinh, cosh, log2e, largest, least, rounder, high, low, c2, c3, c4, c5, c6, c7);
  }
}

// @ts-expect-error: decorator
@inline
function mapLanes(
  whole: bool,
  at: usize,
  z: usize,
  sinh: usize,
  cosh: usize,
  log2e: v128,
  largest: v128,
  least: v128,
  rounder: v128,
  high: v128,
  low: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
  c7: v128,
): void {
  const half = loadLanes(whole, z + at);
  const x = f32x4.add(half, half);
  // NaN is neither less nor greater.
  const quotient = f32x4.pmax(f32x4.pmin(f32x4.mul(x, log2e), largest), least);
  const rounded = f32x4.add(quotient, rounder);
  const n = f32x4.sub(rounded, rounder);
  const r = multiplyAdd(n, low, multiplyAdd(n, high, x));
  const exponent = i32x4.sub(rounded, rounder);
  const growing = halfOfPower(exponent);
  const falling = halfOfPower(i32x4.neg(exponent));
  const sinhOfN = f32x4.sub(growing, falling);
  const coshOfN = f32x4.add(growing, falling);
  const square = f32x4.mul(r, r);
  // cosh r − 1
  const coshOfR = f32x4.mul(square, multiplyAdd(square, multiplyAdd(square, c6, c4), c2));
  const series = multiplyAdd(square, multiplyAdd(square, c7, c5), c3);
  const sinhOfR = multiplyAdd(f32x4.mul(r, square), series, r);
  const rest = multiplyAdd(sinhOfN, coshOfR, f32x4.mul(coshOfN, sinhOfR));
  storeLanes(whole, sinh + at, f32x4.add(sinhOfN, rest));
  if (cosh) {
    const restOfCosh = multiplyAdd(coshOfN, coshOfR, f32x4.mul(sinhOfN, sinhOfR));
    storeLanes(whole, cosh + at, f32x4.add(coshOfN, restOfCosh));
  }
}

/** 2ⁿ⁻¹, or 0 where it is not a normal number. */
// @ts-expect-error: decorator
@inline
function halfOfPower(n: v128): v128 {
  return i32x4.shl(i32x4.max_s(i32x4.add(n, i32x4.splat(126)), i32x4.splat(0)), 23);
}
