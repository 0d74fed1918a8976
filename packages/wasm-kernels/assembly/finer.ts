import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiply } from './passes';
import { cos, sin } from './sine';

/**
 * y = sin(ω·(|z| + 1)·z).
 *
 * @param z [count]
 * @param y [count], overwritten
 * @divided count: z, y
 */
export function finer(count: i32, z: usize, omega: f32, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    multiplyFrequencies(size, z, z, omega, y);
    sin(size, y, y);
  }
}

/**
 * dz = dy·ω·(|z| + 1)·cos(ω·(|z| + 1)·z).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function finerGradient(count: i32, dy: usize, z: usize, omega: f32, dz: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    multiplyFrequencies(size, z, z, omega, dz);
    cos(size, dz, dz);
    multiplyFrequencies(size, z, dz, omega, dz);
    multiply(size, dy, dz, dz);
  }
}

/** y = ω·(|z| + 1)·x. */
function multiplyFrequencies(count: i32, z: usize, x: usize, omega: f32, y: usize): void {
  const factor = f32x4.splat(omega);
  const one = f32x4.splat(1);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) multiplyFrequency(true, z + at, x + at, factor, one, y + at);
  for (; at < bytes; at += 4) multiplyFrequency(false, z + at, x + at, factor, one, y + at);
}

// @ts-expect-error: decorator
@inline
function multiplyFrequency(whole: bool, z: usize, x: usize, omega: v128, one: v128, y: usize): void {
  const frequency = f32x4.mul(f32x4.add(f32x4.abs(loadLanes(whole, z)), one), omega);
  storeLanes(whole, y, f32x4.mul(frequency, loadLanes(whole, x)));
}
