import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';

/**
 * y = a + b.
 *
 * @param a, b [count]
 * @param y [count], overwritten; may be a or b
 * @divided count: a, b, y
 */
export function add(count: i32, a: usize, b: usize, y: usize): void {
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) addLanes(true, a + at, b + at, y + at);
  for (; at < bytes; at += 4) addLanes(false, a + at, b + at, y + at);
}

// @ts-expect-error: decorator
@inline
function addLanes(whole: bool, a: usize, b: usize, y: usize): void {
  storeLanes(whole, y, f32x4.add(loadLanes(whole, a), loadLanes(whole, b)));
}
