import { floats } from './floats';
import { scale } from './passes';
import { product } from './product';
import { cos, sin } from './sine';

const TWO_PI: f32 = 6.2831855;

/**
 * y = [sin 2πxB, cos 2πxB].
 *
 * @param x [batch, inputs]
 * @param frequencies B, [inputs, features]
 * @param y [batch, 2·features], overwritten
 * @divided batch: x·inputs, y·(2 * features)
 */
export function fourierFeatures(
  batch: i32,
  inputs: i32,
  features: i32,
  x: usize,
  frequencies: usize,
  y: usize,
  scratch: usize,
): void {
  const half = floats(features);
  for (let i = 0; i < batch; i++, x += floats(inputs), y += half << 1) {
    const phases = y + half;
    product(1, features, inputs, x, false, frequencies, false, 0, phases, scratch, 0, 1);
    scale(features, phases, TWO_PI, phases);
    sin(features, phases, y);
    cos(features, phases, phases);
  }
}
