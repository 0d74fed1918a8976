import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';

/**
 * y = x, but at least `low` and at most `high`.
 *
 * @param x [count]
 * @param y [count], overwritten; may be x
 */
export function clip(count: i32, x: usize, low: f32, high: f32, y: usize): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) clipLanes(true, x + at, lows, highs, y + at);
  for (; at < bytes; at += 4) clipLanes(false, x + at, lows, highs, y + at);
}

// @ts-expect-error: decorator
@inline
function clipLanes(whole: bool, x: usize, low: v128, high: v128, y: usize): void {
  storeLanes(whole, y, f32x4.min(f32x4.max(loadLanes(whole, x), low), high));
}
