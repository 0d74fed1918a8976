import { BLOCK } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { scale } from './passes';
import { rowsOfBlock, waves } from './unit-waves';

/**
 * y = z + sin²(a·z)/a.
 *
 * @param z [batch, units]
 * @param frequencies a, [units]
 * @param y [batch, units], overwritten
 */
export function snake(batch: i32, units: i32, z: usize, frequencies: usize, y: usize): void {
  const maxRows = rowsOfBlock(units);
  for (let column = 0; column < units; column += BLOCK) {
    const columns = min(BLOCK, units - column);
    const a = frequencies + floats(column);
    for (let row = 0; row < batch; row += maxRows) {
      const rows = min(maxRows, batch - row);
      const from = floats(row * units + column);
      waves(false, rows, columns, z + from, a, 0, y + from);
      addSquares(rows, columns, z + from, a, y + from);
    }
  }
}

/**
 * dz = dy·(1 + sin 2az).
 *
 * @param dy, z [batch, units]
 * @param frequencies a, [units]
 * @param dz [batch, units], overwritten
 * @param scratch a block
 */
export function snakeGradient(
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  frequencies: usize,
  dz: usize,
  scratch: usize,
): void {
  const maxRows = rowsOfBlock(units);
  for (let column = 0; column < units; column += BLOCK) {
    const columns = min(BLOCK, units - column);
    scale(columns, frequencies + floats(column), 2, scratch);
    for (let row = 0; row < batch; row += maxRows) {
      const rows = min(maxRows, batch - row);
      const from = floats(row * units + column);
      waves(false, rows, columns, z + from, scratch, 0, dz + from);
      scaleGradient(rows * columns, dy + from, dz + from);
    }
  }
}

/** y ← z + y²/a. */
function addSquares(rows: i32, columns: i32, z: usize, a: usize, y: usize): void {
  const row = floats(columns);
  for (const end = y + row * rows; y < end; y += row, z += row) {
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) addSquare(true, z + at, a + at, y + at);
    for (; at < row; at += 4) addSquare(false, z + at, a + at, y + at);
  }
}

// @ts-expect-error: decorator
@inline
function addSquare(whole: bool, z: usize, a: usize, y: usize): void {
  const sine = loadLanes(whole, y);
  const quotient = f32x4.div(f32x4.mul(sine, sine), loadLanes(whole, a));
  storeLanes(whole, y, f32x4.add(loadLanes(whole, z), quotient));
}

/** dz ← dy·(1 + dz). */
function scaleGradient(count: i32, dy: usize, dz: usize): void {
  const one = f32x4.splat(1);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) scaleLanes(true, dy + at, one, dz + at);
  for (; at < bytes; at += 4) scaleLanes(false, dy + at, one, dz + at);
}

// @ts-expect-error: decorator
@inline
function scaleLanes(whole: bool, dy: usize, one: v128, dz: usize): void {
  storeLanes(whole, dz, f32x4.mul(loadLanes(whole, dy), f32x4.add(one, loadLanes(whole, dz))));
}
