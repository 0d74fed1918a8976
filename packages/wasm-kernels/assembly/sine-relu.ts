import { BLOCK } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { angularFrequencies, rowsOfBlock, waves } from './unit-waves';

/**
 * y = max(0, z) + amplitude·sin(ω·z) with ω = 2π/p.
 *
 * @param z [batch, units]
 * @param periods p, [units]
 * @param y [batch, units], overwritten
 * @param scratch a block
 * @divided batch: z·units, y·units
 */
export function sineRelu(
  batch: i32,
  units: i32,
  z: usize,
  periods: usize,
  amplitude: f32,
  y: usize,
  scratch: usize,
): void {
  forBlocks(false, batch, units, z, periods, amplitude, 0, y, scratch);
}

/**
 * dz = dy·(1 where z > 0, plus amplitude·ω·cos(ω·z)) with ω = 2π/p.
 *
 * @param dy, z [batch, units]
 * @param periods p, [units]
 * @param dz [batch, units], overwritten
 * @param scratch a block
 * @divided batch: dy·units, z·units, dz·units
 */
export function sineReluGradient(
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  periods: usize,
  amplitude: f32,
  dz: usize,
  scratch: usize,
): void {
  forBlocks(true, batch, units, z, periods, amplitude, dy, dz, scratch);
}

// @ts-expect-error: decorator
@inline
function forBlocks(
  gradient: bool,
  batch: i32,
  units: i32,
  z: usize,
  periods: usize,
  amplitude: f32,
  dy: usize,
  y: usize,
  scratch: usize,
): void {
  const maxRows = rowsOfBlock(units);
  for (let column = 0; column < units; column += BLOCK) {
    const columns = min(BLOCK, units - column);
    angularFrequencies(columns, periods + floats(column), scratch);
    for (let row = 0; row < batch; row += maxRows) {
      const rows = min(maxRows, batch - row);
      const from = floats(row * units + column);
      waves(gradient, rows, columns, z + from, scratch, 0, y + from);
      if (gradient) scaleGradient(rows, columns, dy + from, z + from, scratch, amplitude, y + from);
      else addRectified(rows * columns, z + from, amplitude, y + from);
    }
  }
}

/** y ← max(0, z) + amplitude·y. */
function addRectified(count: i32, z: usize, amplitude: f32, y: usize): void {
  const factor = f32x4.splat(amplitude);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) addLanes(true, z + at, factor, y + at);
  for (; at < bytes; at += 4) addLanes(false, z + at, factor, y + at);
}

// @ts-expect-error: decorator
@inline
function addLanes(whole: bool, z: usize, amplitude: v128, y: usize): void {
  const rectified = f32x4.pmax(loadLanes(whole, z), f32x4.splat(0));
  storeLanes(whole, y, multiplyAdd(loadLanes(whole, y), amplitude, rectified));
}

/** dz = dy·(1 where z > 0, plus amplitude·ω·cosine), where dz initially holds the cosine. */
function scaleGradient(
  rows: i32,
  columns: i32,
  dy: usize,
  z: usize,
  omega: usize,
  amplitude: f32,
  dz: usize,
): void {
  const factor = f32x4.splat(amplitude);
  const one = f32x4.splat(1);
  const row = floats(columns);
  for (const end = dz + row * rows; dz < end; dz += row, dy += row, z += row) {
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) scaleLanes(true, dy + at, z + at, omega + at, factor, one, dz + at);
    for (; at < row; at += 4) scaleLanes(false, dy + at, z + at, omega + at, factor, one, dz + at);
  }
}

// @ts-expect-error: decorator
@inline
function scaleLanes(
  whole: bool,
  dy: usize,
  z: usize,
  omega: usize,
  amplitude: v128,
  one: v128,
  dz: usize,
): void {
  const wave = f32x4.mul(loadLanes(whole, dz), f32x4.mul(loadLanes(whole, omega), amplitude));
  const step = v128.and(f32x4.gt(loadLanes(whole, z), f32x4.splat(0)), one);
  storeLanes(whole, dz, f32x4.mul(loadLanes(whole, dy), f32x4.add(wave, step)));
}
