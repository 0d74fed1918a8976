// Here and in the other elementwise activations, each pass works on a block of the output, which stays in the first-level
// cache.
import { BLOCK, BLOCK_BYTES } from './blocks';
import { multiplyScaled, scale } from './passes';
import { cos, sin } from './sine';

/**
 * y = sin(ω·z), or cos(ω·z).
 *
 * @param z [count]
 * @param y [count], overwritten
 * @divided count: z, y
 */
export function sinusoid(cosine: bool, count: i32, z: usize, omega: f32, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scale(size, z, omega, y);
    if (cosine) cos(size, y, y);
    else sin(size, y, y);
  }
}

/**
 * dz = dy·ω·cos(ω·z) or, of the cosine, −dy·ω·sin(ω·z).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function sinusoidGradient(cosine: bool, count: i32, dy: usize, z: usize, omega: f32, dz: usize): void {
  const factor = cosine ? -omega : omega;
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sinusoid(!cosine, size, z, omega, dz);
    multiplyScaled(size, dy, factor, dz);
  }
}
