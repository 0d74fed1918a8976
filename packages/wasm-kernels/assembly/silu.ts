import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply } from './passes';
import { sigmoid } from './sigmoid';

/**
 * y = z·σ(z).
 *
 * @param z [count]
 * @param y [count], overwritten
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
 */
export function siluGradient(count: i32, dy: usize, z: usize, dz: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sigmoid(size, z, dz);
    slopes(size, z, dz);
    multiply(size, dy, dz, dz);
  }
}

/** y ← y·(1 + z·(1 − y)). */
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
  const gate = loadLanes(whole, y);
  storeLanes(whole, y, f32x4.mul(gate, multiplyAdd(loadLanes(whole, z), f32x4.sub(one, gate), one)));
}
