import { BLOCK, BLOCK_BYTES } from './blocks';
import { expOfNegative } from './exponential';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply, scaleMagnitudes } from './passes';
import { sigmoid } from './sigmoid';

/**
 * y = z·σ(z).
 *
 * @param z [count]
 * @param y [count], overwritten
 * @divided count: z, y
 */
export function silu(count: i32, z: usize, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sigmoid(size, z, y);
    multiply(size, z, y, y);
  }
}

/**
 * dz = dy·σ(z)·(1 + z·(1 − σ(z))).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function siluGradient(count: i32, dy: usize, z: usize, dz: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scaleMagnitudes(size, z, -1, dz);
    expOfNegative(size, dz, dz);
    slopes(size, z, dz);
    multiply(size, dy, dz, dz);
  }
}

/** y ← σ(z)·(1 + z·σ(−z)), where y initially holds e^−|z|, of which σ(−z) keeps more digits than 1 − σ(z) has. */
function slopes(count: i32, z: usize, y: usize): void {
  const one = f32x4.splat(1);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) slope(true, z + at, one, y + at);
  for (; at < bytes; at += 4) slope(false, z + at, one, y + at);
}

// @ts-expect-error: decorator
@inline
function slope(whole: bool, z: usize, one: v128, y: usize): void {
  const value = loadLanes(whole, z);
  const power = loadLanes(whole, y);
  const isPositive = f32x4.ge(value, f32x4.splat(0));
  const share = f32x4.div(one, f32x4.add(one, power));
  const gate = f32x4.mul(v128.bitselect(one, power, isPositive), share);
  const other = f32x4.mul(v128.bitselect(power, one, isPositive), share);
  storeLanes(whole, y, f32x4.mul(gate, multiplyAdd(value, other, one)));
}
