import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { LINE, startOfPart } from './parts';

/**
 * y = the sum of the rows of x. Parts have columns.
 *
 * @param x [rows, columns]
 * @param y [columns], overwritten
 */
export function sumRows(rows: i32, columns: i32, x: usize, y: usize, part: i32, parts: i32): void {
  const first = floats(startOfPart(columns, LINE, part, parts));
  const end = floats(startOfPart(columns, LINE, part + 1, parts));
  sumColumns(rows, floats(columns), end - first, x + first, y + first);
}

/** y = the sums of columns, of `bytes` bytes, of rows that are `row` bytes apart. */
export function sumColumns(rows: i32, row: usize, bytes: usize, x: usize, y: usize): void {
  memory.fill(y, 0, bytes);
  let i = 0;
  for (; i + 4 <= rows; i += 4, x += row << 2) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) addFour(true, x + at, row, y + at);
    for (; at < bytes; at += 4) addFour(false, x + at, row, y + at);
  }
  for (; i < rows; i++, x += row) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) addOne(true, x + at, y + at);
    for (; at < bytes; at += 4) addOne(false, x + at, y + at);
  }
}

/** Adds the values of four rows at a time: each sum is loaded and stored a quarter as often. */
// @ts-expect-error: decorator
@inline
function addFour(whole: bool, x: usize, row: usize, y: usize): void {
  let sum = f32x4.add(loadLanes(whole, y), loadLanes(whole, x));
  sum = f32x4.add(sum, loadLanes(whole, x + row));
  sum = f32x4.add(sum, loadLanes(whole, x + (row << 1)));
  storeLanes(whole, y, f32x4.add(sum, loadLanes(whole, x + row * 3)));
}

// @ts-expect-error: decorator
@inline
function addOne(whole: bool, x: usize, y: usize): void {
  storeLanes(whole, y, f32x4.add(loadLanes(whole, y), loadLanes(whole, x)));
}
