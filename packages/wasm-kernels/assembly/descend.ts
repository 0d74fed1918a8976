import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';

/**
 * y = w − rate·u.
 *
 * @param w, u [count]
 * @param y [count], overwritten; may be w
 * @divided count: w, u, y
 */
export function descend(count: i32, w: usize, u: usize, rate: f32, y: usize): void {
  const rates = f32x4.splat(rate);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) descendLanes(true, at, w, u, rates, y);
  for (; at < bytes; at += 4) descendLanes(false, at, w, u, rates, y);
}

// @ts-expect-error: decorator
@inline
function descendLanes(whole: bool, at: usize, w: usize, u: usize, rate: v128, y: usize): void {
  storeLanes(whole, y + at, f32x4.sub(loadLanes(whole, w + at), f32x4.mul(loadLanes(whole, u + at), rate)));
}
