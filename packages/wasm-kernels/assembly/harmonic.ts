// The sines are computed in the output, one block at a time, which stays in the first-level cache, so memory is traversed
// only once.
import { BLOCK } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { addScaled } from './passes';
import { angularFrequencies, rowsOfBlock, waves } from './unit-waves';

/**
 * y = sin(ω·z + φ) + residual·z with ω = 2π/p.
 *
 * @param z [batch, units]
 * @param periods p, [units]
 * @param phases φ, [units], or 0 for none
 * @param y [batch, units], overwritten
 * @param scratch a block
 * @divided batch: z·units, y·units
 */
export function harmonic(
  batch: i32,
  units: i32,
  z: usize,
  periods: usize,
  phases: usize,
  residual: f32,
  y: usize,
  scratch: usize,
): void {
  forBlocks(false, batch, units, z, periods, phases, residual, 0, y, scratch);
}

/**
 * dz = dy·(ω·cos(ω·z + φ) + residual) with ω = 2π/p.
 *
 * @param dy, z [batch, units]
 * @param periods p, [units]
 * @param phases φ, [units], or 0 for none
 * @param dz [batch, units], overwritten
 * @param scratch a block
 * @divided batch: dy·units, z·units, dz·units
 */
export function harmonicGradient(
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  periods: usize,
  phases: usize,
  residual: f32,
  dz: usize,
  scratch: usize,
): void {
  forBlocks(true, batch, units, z, periods, phases, residual, dy, dz, scratch);
}

// @ts-expect-error: decorator
@inline
function forBlocks(
  gradient: bool,
  batch: i32,
  units: i32,
  z: usize,
  periods: usize,
  phases: usize,
  residual: f32,
  dy: usize,
  y: usize,
  scratch: usize,
): void {
  const maxRows = rowsOfBlock(units);
  for (let column = 0; column < units; column += BLOCK) {
    const columns = min(BLOCK, units - column);
    angularFrequencies(columns, periods + floats(column), scratch);
    const shifts = phases ? phases + floats(column) : 0;
    for (let row = 0; row < batch; row += maxRows) {
      const rows = min(maxRows, batch - row);
      const from = floats(row * units + column);
      waves(gradient, rows, columns, z + from, scratch, shifts, y + from);
      if (gradient) scaleGradient(rows, columns, dy + from, scratch, residual, y + from);
      else addScaled(rows * columns, z + from, residual, y + from);
    }
  }
}

/** dz = dy·(ω·cosine + residual), where dz initially holds the cosine. */
function scaleGradient(rows: i32, columns: i32, dy: usize, omega: usize, residual: f32, dz: usize): void {
  const term = f32x4.splat(residual);
  const row = floats(columns);
  for (const end = dz + row * rows; dz < end; dz += row, dy += row) {
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) scaleLanes(true, dy + at, omega + at, term, dz + at);
    for (; at < row; at += 4) scaleLanes(false, dy + at, omega + at, term, dz + at);
  }
}

// @ts-expect-error: decorator
@inline
function scaleLanes(whole: bool, dy: usize, omega: usize, residual: v128, dz: usize): void {
  const slope = multiplyAdd(loadLanes(whole, dz), loadLanes(whole, omega), residual);
  storeLanes(whole, dz, f32x4.mul(loadLanes(whole, dy), slope));
}
