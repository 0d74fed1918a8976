import { BLOCK, BLOCK_BYTES } from './blocks';
import { expOfNegative } from './exponential';
import { multiply, multiplyScaled, scaleSquares } from './passes';

/**
 * y = exp(−(scale·z)²).
 *
 * @param z [count]
 * @param y [count], overwritten
 * @divided count: z, y
 */
export function gauss(count: i32, z: usize, scale: f32, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scaleSquares(size, z, scale, -1, y);
    expOfNegative(size, y, y);
  }
}

/**
 * dz = −dy·2·scale²·z·exp(−(scale·z)²).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function gaussGradient(count: i32, dy: usize, z: usize, scale: f32, dz: usize): void {
  const factor: f32 = -2.0 * scale * scale;
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    gauss(size, z, scale, dz);
    multiplyScaled(size, z, factor, dz);
    multiply(size, dy, dz, dz);
  }
}
