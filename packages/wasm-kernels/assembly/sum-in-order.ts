import { floats } from './floats';

/**
 * Sums over the middle axis, from the first value to the last one, divided by a number.
 *
 * @param x [outer, count, inner]
 * @param y [outer, inner], overwritten
 */
export function sumInOrder(outer: i32, count: i32, inner: i32, x: usize, divisor: f32, y: usize): void {
  const step = floats(inner);
  for (let i = 0; i < outer; i++, x += step * count) {
    for (let at: usize = 0; at < step; at += 4, y += 4) {
      let sum: f32 = 0;
      for (let k = 0; k < count; k++) sum += load<f32>(x + at + step * k);
      store<f32>(y, sum / divisor);
    }
  }
}
