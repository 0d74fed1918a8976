import { floats } from './floats';

/** y = x as float32, for x of bytes, [count]. */
export function floatsOfBytes(count: i32, x: usize, y: usize): void {
  for (let i = 0; i < count; i++) store<f32>(y + floats(i), <f32>load<u8>(x + i));
}

/**
 * y = x as float32, for x of int32, [count].
 *
 * @divided count: x, y
 */
export function floatsOfIntegers(count: i32, x: usize, y: usize): void {
  for (let i = 0; i < count; i++) store<f32>(y + floats(i), <f32>load<i32>(x + floats(i)));
}

/**
 * Rows with `on` at one place and `off` at the others; only `off` if the place is none of the row.
 *
 * @param indices int32, [count]
 * @param y int32, [count, width], overwritten
 */
export function oneHot(count: i32, width: i32, indices: usize, on: i32, off: i32, y: usize): void {
  for (let i = 0; i < count; i++) {
    const place = load<i32>(indices + floats(i));
    for (let k = 0; k < width; k++, y += 4) store<i32>(y, k == place ? on : off);
  }
}
