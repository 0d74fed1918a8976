import { floats } from './floats';

/**
 * y = √x; NaN below zero.
 *
 * @param x [count]
 * @param y [count], overwritten; may be x
 * @divided count: x, y
 */
export function squareRoot(count: i32, x: usize, y: usize): void {
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(y + at, f32x4.sqrt(v128.load(x + at)));
  for (; at < bytes; at += 4) store<f32>(y + at, sqrt(load<f32>(x + at)));
}
