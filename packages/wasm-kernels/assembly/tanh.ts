import { BLOCK, BLOCK_BYTES } from './blocks';
import { expMinusOne } from './exponential';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyScaled, scaleMagnitudes } from './passes';
import { sigmoidSlopes } from './sigmoid';

/**
 * y = tanh z = ±m/(2 + m) with m = e^−2|z| − 1, which is exact near 0, too.
 *
 * @param z [count]
 * @param y [count], overwritten; may be z
 * @param scratch a block
 * @divided count: z, y
 */
export function tanh(count: i32, z: usize, y: usize, scratch: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scaleMagnitudes(size, z, -2, scratch);
    expMinusOne(size, scratch, scratch);
    divide(size, z, scratch, y);
  }
}

/** y = m/(2 + m) with the sign of z. */
function divide(count: i32, z: usize, m: usize, y: usize): void {
  const two = f32x4.splat(2);
  const sign = f32x4.splat(-0.0);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) divideLanes(true, z + at, m + at, two, sign, y + at);
  for (; at < bytes; at += 4) divideLanes(false, z + at, m + at, two, sign, y + at);
}

// @ts-expect-error: decorator
@inline
function divideLanes(whole: bool, z: usize, m: usize, two: v128, sign: v128, y: usize): void {
  const value = loadLanes(whole, m);
  const quotient = f32x4.div(value, f32x4.add(value, two));
  storeLanes(whole, y, v128.bitselect(loadLanes(whole, z), quotient, sign));
}

/**
 * dz = dy·(1 − tanh² z), which is dy·4·σ(2z)·(1 − σ(2z)).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function tanhGradient(count: i32, dy: usize, z: usize, dz: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sigmoidSlopes(size, 2, z, dz);
    multiplyScaled(size, dy, 4, dz);
  }
}
