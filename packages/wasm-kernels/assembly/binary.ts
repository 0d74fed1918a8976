// Functions of two values, with broadcasting: an operand may be a matrix, one row, one column, or one value.
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { LINE, startOfPart } from './parts';

// What is computed; the numbers that callers use.
const ADD = 0;
const SUBTRACT = 1;
const MULTIPLY = 2;
const DIVIDE = 3;
const MAXIMUM = 4;
const MINIMUM = 5;
const LARGER = 6;
const SMALLER = 7;

/**
 * y = f(a, b). Parts have rows, or columns of a single one.
 *
 * @param f 0: a + b, 1: a − b, 2: a·b, 3: a/b, 4: the larger one, 5: the smaller one, of which NaN is both and −0 is smaller
 *   than 0; 6: b if a < b, otherwise a; 7: b if b < a, otherwise a
 * @param a, b float32; their values at a row and a column are row·rowStep + column·columnStep apart, in values, with
 *   column steps of 0 or 1
 * @param y [rows, columns], overwritten; may be an operand that is a matrix
 */
export function binary(
  f: i32,
  rows: i32,
  columns: i32,
  a: usize,
  aRowStep: i32,
  aColumnStep: i32,
  b: usize,
  bRowStep: i32,
  bColumnStep: i32,
  y: usize,
  part: i32,
  parts: i32,
): void {
  if (rows == 1) {
    const first = startOfPart(columns, LINE, part, parts);
    columns = startOfPart(columns, LINE, part + 1, parts) - first;
    a += floats(first * aColumnStep);
    b += floats(first * bColumnStep);
    y += floats(first);
  } else {
    const first = startOfPart(rows, 1, part, parts);
    rows = startOfPart(rows, 1, part + 1, parts) - first;
    a += floats(first * aRowStep);
    b += floats(first * bRowStep);
    y += floats(first * columns);
  }
  switch (f) {
    case ADD:
      apply(ADD, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
    case SUBTRACT:
      apply(SUBTRACT, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
    case MULTIPLY:
      apply(MULTIPLY, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
    case DIVIDE:
      apply(DIVIDE, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
    case MAXIMUM:
      apply(MAXIMUM, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
    case MINIMUM:
      apply(MINIMUM, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
    case LARGER:
      apply(LARGER, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
    case SMALLER:
      apply(SMALLER, rows, columns, a, aRowStep, aColumnStep, b, bRowStep, bColumnStep, y);
      break;
  }
}

// @ts-expect-error: decorator
@inline
function apply(
  f: i32,
  rows: i32,
  columns: i32,
  a: usize,
  aRowStep: i32,
  aColumnStep: i32,
  b: usize,
  bRowStep: i32,
  bColumnStep: i32,
  y: usize,
): void {
  const row = floats(columns);
  const aRow = floats(aRowStep);
  const bRow = floats(bRowStep);
  const aAlong = aColumnStep != 0;
  const bAlong = bColumnStep != 0;
  for (let i = 0; i < rows; i++, a += aRow, b += bRow, y += row) {
    let at: usize = 0;
    if (aAlong && bAlong) {
      for (; at + 64 <= row; at += 64) {
        v128.store(y + at, lanes(f, v128.load(a + at), v128.load(b + at)));
        v128.store(y + at, lanes(f, v128.load(a + at, 16), v128.load(b + at, 16)), 16);
        v128.store(y + at, lanes(f, v128.load(a + at, 32), v128.load(b + at, 32)), 32);
        v128.store(y + at, lanes(f, v128.load(a + at, 48), v128.load(b + at, 48)), 48);
      }
    }
    for (; at + 16 <= row; at += 16) {
      const left = aAlong ? v128.load(a + at) : v128.load32_splat(a);
      const right = bAlong ? v128.load(b + at) : v128.load32_splat(b);
      v128.store(y + at, lanes(f, left, right));
    }
    for (; at < row; at += 4) {
      const left = loadLanes(false, aAlong ? a + at : a);
      const right = loadLanes(false, bAlong ? b + at : b);
      storeLanes(false, y + at, lanes(f, left, right));
    }
  }
}

// @ts-expect-error: decorator
@inline
function lanes(f: i32, a: v128, b: v128): v128 {
  if (f == ADD) return f32x4.add(a, b);
  if (f == SUBTRACT) return f32x4.sub(a, b);
  if (f == MULTIPLY) return f32x4.mul(a, b);
  if (f == DIVIDE) return f32x4.div(a, b);
  if (f == MAXIMUM) return f32x4.max(a, b);
  if (f == MINIMUM) return f32x4.min(a, b);
  if (f == LARGER) return f32x4.pmax(a, b);
  return f32x4.pmin(a, b);
}
