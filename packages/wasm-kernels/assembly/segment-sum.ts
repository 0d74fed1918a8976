import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';

/**
 * y[s] = the sum of the rows of x whose segment is s. Rows of other segments are left out.
 *
 * @param x [rows, columns]
 * @param segments [rows], int32
 * @param y [count, columns], overwritten
 * @eager
 */
export function segmentSum(rows: i32, columns: i32, count: i32, x: usize, segments: usize, y: usize): void {
  const bytes = floats(columns);
  memory.fill(y, 0, bytes * count);
  for (let i = 0; i < rows; i++, x += bytes, segments += 4) {
    const segment = load<i32>(segments);
    if (<u32>segment >= <u32>count) continue;
    const to = y + bytes * segment;
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) addLanes(true, x + at, to + at);
    for (; at < bytes; at += 4) addLanes(false, x + at, to + at);
  }
}

// @ts-expect-error: decorator
@inline
function addLanes(whole: bool, x: usize, y: usize): void {
  storeLanes(whole, y, f32x4.add(loadLanes(whole, y), loadLanes(whole, x)));
}
