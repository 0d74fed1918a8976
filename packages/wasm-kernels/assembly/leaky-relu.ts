import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';

/**
 * y = z where z ≥ 0, else slope·z.
 *
 * @param z [count]
 * @param y [count], overwritten
 * @divided count: z, y
 */
export function leakyRelu(count: i32, z: usize, slope: f32, y: usize): void {
  leak(count, z, z, slope, y);
}

/**
 * dz = dy where z ≥ 0, else slope·dy.
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function leakyReluGradient(count: i32, dy: usize, z: usize, slope: f32, dz: usize): void {
  leak(count, dy, z, slope, dz);
}

/** y = x where z ≥ 0, else slope·x. */
function leak(count: i32, x: usize, z: usize, slope: f32, y: usize): void {
  const slopes = f32x4.splat(slope);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) leakLanes(true, x + at, z + at, slopes, y + at);
  for (; at < bytes; at += 4) leakLanes(false, x + at, z + at, slopes, y + at);
}

// @ts-expect-error: decorator
@inline
function leakLanes(whole: bool, x: usize, z: usize, slopes: v128, y: usize): void {
  const value = loadLanes(whole, x);
  const isPositive = f32x4.ge(loadLanes(whole, z), f32x4.splat(0));
  storeLanes(whole, y, v128.bitselect(value, f32x4.mul(value, slopes), isPositive));
}
