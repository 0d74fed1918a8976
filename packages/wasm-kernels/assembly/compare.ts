// Comparisons, whose results are bytes of 0 and 1.
import { floats } from './floats';

const GREATER = 0;
const LESS = 1;

/**
 * y = f(a, b).
 *
 * @param f 0: a > b, 1: a < b, 2: a = b
 * @param a, b float32, [count], with steps between their values of 1 or, for one value, 0
 * @param y bytes, [count], overwritten
 */
export function compare(f: i32, count: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize): void {
  for (let i = 0; i < count; i++) {
    const left = load<f32>(a + floats(i * aStep));
    const right = load<f32>(b + floats(i * bStep));
    store<u8>(y + i, u8(f == GREATER ? left > right : f == LESS ? left < right : left == right));
  }
}

/** y = whether a and b, bytes, are equal. */
export function equalBytes(count: i32, a: usize, b: usize, y: usize): void {
  for (let i = 0; i < count; i++) store<u8>(y + i, u8(load<u8>(a + i) == load<u8>(b + i)));
}
