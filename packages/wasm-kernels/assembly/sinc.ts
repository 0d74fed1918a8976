// Near 0, by Taylor series: the terms of the slope cancel there. Their error is below 1e-9.
import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiplyScaled, scale } from './passes';
import { cos, sin } from './sine';

/** Below this, the series are used. */
const SMALL: f32 = 0.5;

/**
 * y = sin(ω·z)/(ω·z), which is 1 at 0.
 *
 * @param z [count]
 * @param y [count], overwritten
 * @param scratch a block
 * @divided count: z, y
 */
export function sinc(count: i32, z: usize, omega: f32, y: usize, scratch: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scale(size, z, omega, y);
    sin(size, y, scratch);
    quotients(size, scratch, y);
  }
}

/**
 * dz = dy·ω·(cos u − sin(u)/u)/u with u = ω·z.
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @param scratch two blocks
 * @divided count: dy, z, dz
 */
export function sincGradient(count: i32, dy: usize, z: usize, omega: f32, dz: usize, scratch: usize): void {
  const cosine = scratch + BLOCK_BYTES;
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scale(size, z, omega, dz);
    sin(size, dz, scratch);
    cos(size, dz, cosine);
    slopes(size, scratch, cosine, dz);
    multiplyScaled(size, dy, omega, dz);
  }
}

/** u ← sin(u)/u. */
function quotients(count: i32, sine: usize, u: usize): void {
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) quotient(true, sine + at, u + at);
  for (; at < bytes; at += 4) quotient(false, sine + at, u + at);
}

// @ts-expect-error: decorator
@inline
function quotient(whole: bool, sine: usize, u: usize): void {
  const argument = loadLanes(whole, u);
  const square = f32x4.mul(argument, argument);
  let series = multiplyAdd(square, f32x4.splat(-1.0 / 5040), f32x4.splat(1.0 / 120));
  series = multiplyAdd(square, series, f32x4.splat(-1.0 / 6));
  series = multiplyAdd(square, series, f32x4.splat(1));
  storeLanes(whole, u, bySize(argument, series, f32x4.div(loadLanes(whole, sine), argument)));
}

/** u ← (cos u − sin(u)/u)/u. */
function slopes(count: i32, sine: usize, cosine: usize, u: usize): void {
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) slope(true, sine + at, cosine + at, u + at);
  for (; at < bytes; at += 4) slope(false, sine + at, cosine + at, u + at);
}

// @ts-expect-error: decorator
@inline
function slope(whole: bool, sine: usize, cosine: usize, u: usize): void {
  const argument = loadLanes(whole, u);
  const square = f32x4.mul(argument, argument);
  let series = multiplyAdd(square, f32x4.splat(1.0 / 45360), f32x4.splat(-1.0 / 840));
  series = multiplyAdd(square, series, f32x4.splat(1.0 / 30));
  series = f32x4.mul(argument, multiplyAdd(square, series, f32x4.splat(-1.0 / 3)));
  const difference = f32x4.sub(loadLanes(whole, cosine), f32x4.div(loadLanes(whole, sine), argument));
  storeLanes(whole, u, bySize(argument, series, f32x4.div(difference, argument)));
}

/** The series where the argument is small. */
// @ts-expect-error: decorator
@inline
function bySize(argument: v128, series: v128, direct: v128): v128 {
  return v128.bitselect(series, direct, f32x4.lt(f32x4.abs(argument), f32x4.splat(SMALL)));
}
