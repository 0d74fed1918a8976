// Comparisons, whose results are bytes of 0 and 1, and what is done with them.
import { floats } from './floats';

const GREATER = 0;
const LESS = 1;
const EQUAL = 2;
const GREATER_EQUAL = 3;

/**
 * y = f(a, b).
 *
 * @param f 0: a > b, 1: a < b, 2: a = b, 3: a ≥ b, 4: a ≤ b
 * @param a, b float32, [count], with steps between their values of 1 or, for one value, 0
 * @param y bytes, [count], overwritten
 */
export function compare(f: i32, count: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize): void {
  for (let i = 0; i < count; i++) {
    const left = load<f32>(a + floats(i * aStep));
    const right = load<f32>(b + floats(i * bStep));
    let holds: bool;
    if (f == GREATER) holds = left > right;
    else if (f == LESS) holds = left < right;
    else if (f == EQUAL) holds = left == right;
    else if (f == GREATER_EQUAL) holds = left >= right;
    else holds = left <= right;
    store<u8>(y + i, u8(holds));
  }
}

/** y = whether a and b, bytes, are equal. */
export function equalBytes(count: i32, a: usize, b: usize, y: usize): void {
  for (let i = 0; i < count; i++) store<u8>(y + i, u8(load<u8>(a + i) == load<u8>(b + i)));
}

/** y = whether neither of a and b, bytes, is 0. */
export function bothBytes(count: i32, a: usize, b: usize, y: usize): void {
  for (let i = 0; i < count; i++) store<u8>(y + i, u8(load<u8>(a + i) != 0 && load<u8>(b + i) != 0));
}

/**
 * y = a where the condition holds, and b elsewhere.
 *
 * @param condition bytes, [count]
 * @param a, b, y float32, [count]; y is overwritten
 */
export function selectValues(count: i32, condition: usize, a: usize, b: usize, y: usize): void {
  for (let i = 0; i < count; i++) {
    const at = floats(i);
    store<u32>(y + at, load<u32>((load<u8>(condition + i) != 0 ? a : b) + at));
  }
}
