// All from e^−|z|, which never overflows: σ(z) = 1/(1 + e^−|z|) for z ≥ 0, else e^−|z|/(1 + e^−|z|).
import { BLOCK, BLOCK_BYTES } from './blocks';
import { expOfNegative } from './exponential';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiply, scaleMagnitudes } from './passes';

/**
 * y = σ(z) = 1/(1 + e⁻ᶻ).
 *
 * @param z [count]
 * @param y [count], overwritten
 * @divided count: z, y
 */
export function sigmoid(count: i32, z: usize, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scaleMagnitudes(size, z, -1, y);
    expOfNegative(size, y, y);
    divide(size, z, y);
  }
}

/** y ← σ(z), where y initially holds e^−|z|. */
function divide(count: i32, z: usize, y: usize): void {
  const one = f32x4.splat(1);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) divideLanes(true, z + at, one, y + at);
  for (; at < bytes; at += 4) divideLanes(false, z + at, one, y + at);
}

// @ts-expect-error: decorator
@inline
function divideLanes(whole: bool, z: usize, one: v128, y: usize): void {
  const power = loadLanes(whole, y);
  const isPositive = f32x4.ge(loadLanes(whole, z), f32x4.splat(0));
  storeLanes(whole, y, f32x4.div(v128.bitselect(one, power, isPositive), f32x4.add(one, power)));
}

/**
 * dz = dy·σ(z)·(1 − σ(z)).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function sigmoidGradient(count: i32, dy: usize, z: usize, dz: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sigmoidSlopes(size, 1, z, dz);
    multiply(size, dy, dz, dz);
  }
}

/**
 * y = σ(factor·x)·(1 − σ(factor·x)) = e/(1 + e)² with e = e^−|factor·x|, which stays exact where 1 − σ would be 0.
 *
 * @param x [count], at most a block
 * @param factor greater than 0
 * @param y [count], overwritten; may be x
 */
export function sigmoidSlopes(count: i32, factor: f32, x: usize, y: usize): void {
  scaleMagnitudes(count, x, -factor, y);
  expOfNegative(count, y, y);
  const one = f32x4.splat(1);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) slope(true, one, y + at);
  for (; at < bytes; at += 4) slope(false, one, y + at);
}

// @ts-expect-error: decorator
@inline
function slope(whole: bool, one: v128, y: usize): void {
  const power = loadLanes(whole, y);
  const sum = f32x4.add(one, power);
  storeLanes(whole, y, f32x4.div(power, f32x4.mul(sum, sum)));
}
