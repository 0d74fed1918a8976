import { floats } from './floats';

/**
 * first = the first units of x, and second = the others.
 *
 * @param x [batch, ofFirst + ofSecond]
 * @param first [batch, ofFirst], overwritten
 * @param second [batch, ofSecond], overwritten
 * @divided batch: x·(ofFirst + ofSecond), first·ofFirst, second·ofSecond
 */
export function splitUnits(batch: i32, ofFirst: i32, ofSecond: i32, x: usize, first: usize, second: usize): void {
  const row = floats(ofFirst + ofSecond);
  copyRows(batch, floats(ofFirst), x, row, first, floats(ofFirst));
  copyRows(batch, floats(ofSecond), x + floats(ofFirst), row, second, floats(ofSecond));
}

/**
 * y = [first, second] along the last axis.
 *
 * @param first [batch, ofFirst]
 * @param second [batch, ofSecond]
 * @param y [batch, ofFirst + ofSecond], overwritten
 * @divided batch: first·ofFirst, second·ofSecond, y·(ofFirst + ofSecond)
 */
export function joinUnits(batch: i32, ofFirst: i32, ofSecond: i32, first: usize, second: usize, y: usize): void {
  const row = floats(ofFirst + ofSecond);
  copyRows(batch, floats(ofFirst), first, floats(ofFirst), y, row);
  copyRows(batch, floats(ofSecond), second, floats(ofSecond), y + floats(ofFirst), row);
}

/** Copies `bytes` of each row from rows that are `xRow` bytes apart to rows that are `yRow` bytes apart. */
function copyRows(rows: i32, bytes: usize, x: usize, xRow: usize, y: usize, yRow: usize): void {
  for (let i = 0; i < rows; i++, x += xRow, y += yRow) {
    // A call of memory.copy for each row would cost more than the copy.
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) v128.store(y + at, v128.load(x + at));
    for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(x + at));
  }
}
