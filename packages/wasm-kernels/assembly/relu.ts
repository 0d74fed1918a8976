import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';

/**
 * y = max(0, x); NaN for NaN.
 *
 * @param x [count]
 * @param y [count], overwritten
 * @divided count: x, y
 */
export function relu(count: i32, x: usize, y: usize): void {
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) rectify(true, x + at, y + at);
  for (; at < bytes; at += 4) rectify(false, x + at, y + at);
}

// @ts-expect-error: decorator
@inline
function rectify(whole: bool, x: usize, y: usize): void {
  const value = loadLanes(whole, x);
  // Unlike `max`, a single instruction; and NaN < 0 is false.
  storeLanes(whole, y, f32x4.pmax(value, f32x4.splat(0)));
}

/**
 * dx = dy·(1 where y > 0, else 0); NaN where y is NaN.
 *
 * @param dy [count]
 * @param y [count], the output of {@link relu}
 * @param dx [count], overwritten
 * @divided count: dy, y, dx
 */
export function reluGradient(count: i32, dy: usize, y: usize, dx: usize): void {
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) gradient(true, dy + at, y + at, dx + at);
  for (; at < bytes; at += 4) gradient(false, dy + at, y + at, dx + at);
}

// @ts-expect-error: decorator
@inline
function gradient(whole: bool, dy: usize, y: usize, dx: usize): void {
  const value = loadLanes(whole, y);
  const slope = v128.and(f32x4.gt(value, f32x4.splat(0)), f32x4.splat(1));
  // The bits of a true comparison are themselves a NaN.
  const step = v128.or(slope, f32x4.ne(value, value));
  storeLanes(whole, dx, f32x4.mul(loadLanes(whole, dy), step));
}
