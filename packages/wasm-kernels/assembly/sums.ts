// Sums of the values of one block or row: several at a time, since each addition waits for the one before.
import { floats } from './floats';
import { multiplyAdd } from './multiply-add';
import { sumOfLanes } from './sum-of-lanes';

/** Σ x. */
export function sum(count: i32, x: usize): f32 {
  const end = x + floats(count);
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  let third = f32x4.splat(0);
  let fourth = f32x4.splat(0);
  for (; x + 64 <= end; x += 64) {
    first = f32x4.add(first, v128.load(x));
    second = f32x4.add(second, v128.load(x, 16));
    third = f32x4.add(third, v128.load(x, 32));
    fourth = f32x4.add(fourth, v128.load(x, 48));
  }
  for (; x + 16 <= end; x += 16) first = f32x4.add(first, v128.load(x));
  let total = sumOfLanes(f32x4.add(f32x4.add(first, second), f32x4.add(third, fourth)));
  for (; x < end; x += 4) total += load<f32>(x);
  return total;
}

/** Σ x². */
export function sumOfSquares(count: i32, x: usize): f32 {
  const end = x + floats(count);
  let first = f32x4.splat(0);
  let second = f32x4.splat(0);
  let third = f32x4.splat(0);
  let fourth = f32x4.splat(0);
  for (; x + 64 <= end; x += 64) {
    first = multiplyAdd(v128.load(x), v128.load(x), first);
    second = multiplyAdd(v128.load(x, 16), v128.load(x, 16), second);
    third = multiplyAdd(v128.load(x, 32), v128.load(x, 32), third);
    fourth = multiplyAdd(v128.load(x, 48), v128.load(x, 48), fourth);
  }
  for (; x + 16 <= end; x += 16) first = multiplyAdd(v128.load(x), v128.load(x), first);
  let total = sumOfLanes(f32x4.add(f32x4.add(first, second), f32x4.add(third, fourth)));
  for (; x < end; x += 4) total += load<f32>(x) * load<f32>(x);
  return total;
}
