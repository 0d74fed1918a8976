import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { scale } from './passes';
import { addProducts } from './unit-gradients';
import { rowsOfBlock, waves } from './unit-waves';

/**
 * y = z + sin²(a·z)/a.
 *
 * @param z [batch, units]
 * @param frequencies a, [units]
 * @param y [batch, units], overwritten
 * @divided batch: z·units, y·units
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
 * @divided batch: dy·units, z·units, dz·units
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

/**
 * The gradient by a: Σ dy·(z·sin 2az − sin²(az)/a)/a.
 *
 * @param dy, z [batch, units]
 * @param frequencies a, [units]
 * @param gradient [units], overwritten
 * @param scratch two blocks
 */
export function snakeFrequencyGradient(
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  frequencies: usize,
  gradient: usize,
  scratch: usize,
): void {
  const cosines = scratch + BLOCK_BYTES;
  const maxRows = rowsOfBlock(units);
  memory.fill(gradient, 0, floats(units));
  for (let column = 0; column < units; column += BLOCK) {
    const columns = min(BLOCK, units - column);
    const a = frequencies + floats(column);
    for (let row = 0; row < batch; row += maxRows) {
      const rows = min(maxRows, batch - row);
      const from = floats(row * units + column);
      waves(false, rows, columns, z + from, a, 0, scratch);
      waves(true, rows, columns, z + from, a, 0, cosines);
      slopesByFrequency(rows, columns, z + from, a, cosines, scratch);
      addProducts(rows, columns, dy + from, scratch, gradient + floats(column));
    }
  }
  const row = floats(units);
  for (let at: usize = 0; at < row; at += 4) {
    store<f32>(gradient + at, load<f32>(gradient + at) / load<f32>(frequencies + at));
  }
}

/** sine ← z·sin 2az − sin²(az)/a = sine·(2·z·cosine − sine/a). */
function slopesByFrequency(rows: i32, columns: i32, z: usize, a: usize, cosine: usize, sine: usize): void {
  const row = floats(columns);
  for (const end = sine + row * rows; sine < end; sine += row, cosine += row, z += row) {
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) slopeByFrequency(true, z + at, a + at, cosine + at, sine + at);
    for (; at < row; at += 4) slopeByFrequency(false, z + at, a + at, cosine + at, sine + at);
  }
}

// @ts-expect-error: decorator
@inline
function slopeByFrequency(whole: bool, z: usize, a: usize, cosine: usize, sine: usize): void {
  const value = loadLanes(whole, z);
  const wave = loadLanes(whole, sine);
  const twice = f32x4.mul(f32x4.add(value, value), loadLanes(whole, cosine));
  storeLanes(whole, sine, f32x4.mul(wave, f32x4.sub(twice, f32x4.div(wave, loadLanes(whole, a)))));
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
