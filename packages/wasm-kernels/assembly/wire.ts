import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { gauss } from './gauss';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply, scale } from './passes';
import { cos, sin } from './sine';
import { sinusoid } from './sinusoid';

/**
 * y = cos(ω·z)·exp(−(scale·z)²).
 *
 * @param z [count]
 * @param y [count], overwritten
 * @param scratch a block
 * @divided count: z, y
 */
export function wire(count: i32, z: usize, omega: f32, scale: f32, y: usize, scratch: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sinusoid(true, size, z, omega, y);
    gauss(size, z, scale, scratch);
    multiply(size, scratch, y, y);
  }
}

/**
 * dz = −dy·(ω·sin(ω·z) + 2·scale²·z·cos(ω·z))·exp(−(scale·z)²).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @param scratch two blocks
 * @divided count: dy, z, dz
 */
export function wireGradient(
  count: i32,
  dy: usize,
  z: usize,
  omega: f32,
  scaleOfZ: f32,
  dz: usize,
  scratch: usize,
): void {
  const envelope = scratch + BLOCK_BYTES;
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scale(size, z, omega, dz);
    cos(size, dz, scratch);
    sin(size, dz, dz);
    gauss(size, z, scaleOfZ, envelope);
    combine(size, z, scratch, -omega, -2.0 * scaleOfZ * scaleOfZ, dz);
    multiply(size, envelope, dz, dz);
    multiply(size, dy, dz, dz);
  }
}

/** wave ← a·wave + b·z·cosine, where the wave initially holds the sine. */
function combine(count: i32, z: usize, cosine: usize, a: f32, b: f32, wave: usize): void {
  const first = f32x4.splat(a);
  const second = f32x4.splat(b);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) combineLanes(true, z + at, cosine + at, first, second, wave + at);
  for (; at < bytes; at += 4) combineLanes(false, z + at, cosine + at, first, second, wave + at);
}

// @ts-expect-error: decorator
@inline
function combineLanes(whole: bool, z: usize, cosine: usize, a: v128, b: v128, wave: usize): void {
  const envelope = f32x4.mul(f32x4.mul(loadLanes(whole, z), b), loadLanes(whole, cosine));
  storeLanes(whole, wave, multiplyAdd(loadLanes(whole, wave), a, envelope));
}
