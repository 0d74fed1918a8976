// The gradients of vectors that the units of a layer have, such as trained periods: sums over the batch.
import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply } from './passes';
import { angularFrequencies, rowsOfBlock, waves } from './unit-waves';

/**
 * The gradient of amplitude·sin(ω·z + φ) with ω = 2π/p by p: −amplitude·ω/p·Σ dy·z·cos(ω·z + φ).
 *
 * @param dy, z [batch, units]
 * @param periods p, [units]
 * @param phases φ, [units], or 0 for none
 * @param gradient [units], overwritten
 * @param scratch two blocks
 */
export function periodGradient(
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  periods: usize,
  phases: usize,
  amplitude: f32,
  gradient: usize,
  scratch: usize,
): void {
  sumOfCosines(true, batch, units, dy, z, periods, phases, gradient, scratch);
  const row = floats(units);
  for (let at: usize = 0; at < row; at += 4) {
    const period = load<f32>(periods + at);
    const factor = (<f32>(-2 * Math.PI) * amplitude) / period / period;
    store<f32>(gradient + at, load<f32>(gradient + at) * factor);
  }
}

/**
 * The gradient of sin(ω·z + φ) with ω = 2π/p by φ: Σ dy·cos(ω·z + φ).
 *
 * @param dy, z [batch, units]
 * @param periods, phases p and φ, [units]
 * @param gradient [units], overwritten
 * @param scratch two blocks
 */
export function phaseGradient(
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  periods: usize,
  phases: usize,
  gradient: usize,
  scratch: usize,
): void {
  sumOfCosines(false, batch, units, dy, z, periods, phases, gradient, scratch);
}

/** sums = Σ dy·cos(ω·z + φ), or Σ dy·z·cos(ω·z + φ). */
function sumOfCosines(
  timesZ: bool,
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  periods: usize,
  phases: usize,
  sums: usize,
  scratch: usize,
): void {
  const cosines = scratch + BLOCK_BYTES;
  const maxRows = rowsOfBlock(units);
  memory.fill(sums, 0, floats(units));
  for (let column = 0; column < units; column += BLOCK) {
    const columns = min(BLOCK, units - column);
    angularFrequencies(columns, periods + floats(column), scratch);
    const shifts = phases ? phases + floats(column) : 0;
    for (let row = 0; row < batch; row += maxRows) {
      const rows = min(maxRows, batch - row);
      const from = floats(row * units + column);
      waves(true, rows, columns, z + from, scratch, shifts, cosines);
      if (timesZ) multiply(rows * columns, z + from, cosines, cosines);
      addProducts(rows, columns, dy + from, cosines, sums + floats(column));
    }
  }
}

/**
 * sums ← sums + Σ a·b over the rows.
 *
 * @param a, b [rows, columns]
 * @param sums [columns]
 */
export function addProducts(rows: i32, columns: i32, a: usize, b: usize, sums: usize): void {
  const row = floats(columns);
  for (const end = a + row * rows; a < end; a += row, b += row) {
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) addProduct(true, a + at, b + at, sums + at);
    for (; at < row; at += 4) addProduct(false, a + at, b + at, sums + at);
  }
}

// @ts-expect-error: decorator
@inline
function addProduct(whole: bool, a: usize, b: usize, sums: usize): void {
  storeLanes(whole, sums, multiplyAdd(loadLanes(whole, a), loadLanes(whole, b), loadLanes(whole, sums)));
}
