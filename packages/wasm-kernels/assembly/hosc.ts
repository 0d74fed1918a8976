import { BLOCK, BLOCK_BYTES } from './blocks';
import { multiply, multiplyScaled, scale } from './passes';
import { sigmoidSlopes } from './sigmoid';
import { cos, sin } from './sine';
import { sinusoid } from './sinusoid';
import { tanh } from './tanh';

/**
 * y = tanh(β·sin(ω·z)).
 *
 * @param z [count]
 * @param sharpness β
 * @param y [count], overwritten
 * @param scratch a block
 * @divided count: z, y
 */
export function hosc(count: i32, z: usize, sharpness: f32, omega: f32, y: usize, scratch: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sinusoid(false, size, z, omega, y);
    scale(size, y, sharpness, y);
    tanh(size, y, y, scratch);
  }
}

/**
 * dz = dy·β·ω·cos(ω·z)·(1 − tanh²(β·sin(ω·z))).
 *
 * @param dy, z [count]
 * @param sharpness β
 * @param dz [count], overwritten
 * @param scratch a block
 * @divided count: dy, z, dz
 */
export function hoscGradient(
  count: i32,
  dy: usize,
  z: usize,
  sharpness: f32,
  omega: f32,
  dz: usize,
  scratch: usize,
): void {
  // As in tanh.ts, 1 − tanh² x is 4·σ(2x)·(1 − σ(2x)).
  const factor: f32 = 4.0 * sharpness * omega;
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scale(size, z, omega, dz);
    cos(size, dz, scratch);
    sin(size, dz, dz);
    sigmoidSlopes(size, 2.0 * sharpness, dz, dz);
    multiplyScaled(size, scratch, factor, dz);
    multiply(size, dy, dz, dz);
  }
}
