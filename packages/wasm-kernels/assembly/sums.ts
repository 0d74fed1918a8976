// Sums of the values of one block or row.
import { floats } from './floats';
import { multiplyAdd } from './multiply-add';
import { sumOfLanes } from './sum-of-lanes';

/** Σ x. */
export function sum(count: i32, x: usize): f32 {
  const bytes = floats(count);
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) sums = f32x4.add(sums, v128.load(x + at));
  let total = sumOfLanes(sums);
  for (; at < bytes; at += 4) total += load<f32>(x + at);
  return total;
}

/** Σ a·b. */
export function sumOfProducts(count: i32, a: usize, b: usize): f32 {
  const bytes = floats(count);
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) sums = multiplyAdd(v128.load(a + at), v128.load(b + at), sums);
  let total = sumOfLanes(sums);
  for (; at < bytes; at += 4) total += load<f32>(a + at) * load<f32>(b + at);
  return total;
}
