import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';

/**
 * y = x, but at least `low` and at most `high`.
 *
 * @param keepsNaN whether NaN remains NaN; otherwise it becomes `low`
 * @param x [count]
 * @param y [count], overwritten; may be x
 * @divided count: x, y
 */
export function clip(count: i32, keepsNaN: bool, x: usize, low: f32, high: f32, y: usize): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) clipLanes(true, keepsNaN, x + at, lows, highs, y + at);
  for (; at < bytes; at += 4) clipLanes(false, keepsNaN, x + at, lows, highs, y + at);
}

// @ts-expect-error: decorator
@inline
function clipLanes(whole: bool, keepsNaN: bool, x: usize, low: v128, high: v128, y: usize): void {
  const values = loadLanes(whole, x);
  const clipped = keepsNaN
    ? f32x4.min(f32x4.max(values, low), high)
    : f32x4.pmin(high, f32x4.pmax(low, values));
  storeLanes(whole, y, clipped);
}
