// The sines are computed in the output, one block at a time, which stays in the first-level cache, so memory is traversed
// only once.
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { cos, sin } from './sine';

/** The values of a block: 4 KiB. */
const BLOCK = 1024;

/** The bytes of scratch memory that the harmonic kernels need. */
export const HARMONIC_SCRATCH: usize = BLOCK << 2;

/**
 * y = sin(ω·z) + residual·z with ω = 2π/p.
 *
 * @param z [batch, units]
 * @param periods p, [units]
 * @param y [batch, units], overwritten
 */
export function harmonic(
  batch: i32,
  units: i32,
  z: usize,
  periods: usize,
  residual: f32,
  y: usize,
  scratch: usize,
): void {
  forBlocks(false, batch, units, z, periods, residual, 0, y, scratch);
}

/**
 * dz = dy·(ω·cos(ω·z) + residual) with ω = 2π/p.
 *
 * @param dy, z [batch, units]
 * @param periods p, [units]
 * @param dz [batch, units], overwritten
 */
export function harmonicGradient(
  batch: i32,
  units: i32,
  dy: usize,
  z: usize,
  periods: usize,
  residual: f32,
  dz: usize,
  scratch: usize,
): void {
  forBlocks(true, batch, units, z, periods, residual, dy, dz, scratch);
}

/** A block is several rows or, if a row is longer than a block, part of one. */
// @ts-expect-error: decorator
@inline
function forBlocks(
  gradient: bool,
  batch: i32,
  units: i32,
  z: usize,
  periods: usize,
  residual: f32,
  dy: usize,
  y: usize,
  scratch: usize,
): void {
  for (let column = 0; column < units; column += BLOCK) {
    const columns = min(BLOCK, units - column);
    const part = floats(columns);
    angularFrequencies(columns, periods + floats(column), scratch);
    const maxRows = units > BLOCK ? 1 : BLOCK / units;
    for (let row = 0; row < batch; row += maxRows) {
      const rows = min(maxRows, batch - row);
      const from = floats(row * units + column);
      const end = from + part * rows;
      for (let at = from; at < end; at += part) phases(part, z + at, scratch, y + at);
      if (gradient) {
        cos(rows * columns, y + from, y + from);
        for (let at = from; at < end; at += part) scaleGradient(part, dy + at, scratch, residual, y + at);
      } else {
        sin(rows * columns, y + from, y + from);
        addResidual(part * rows, z + from, residual, y + from);
      }
    }
  }
}

/** ω = 2π/p. */
function angularFrequencies(count: i32, periods: usize, omega: usize): void {
  const bytes = floats(count);
  for (let at: usize = 0; at < bytes; at += 4) {
    store<f32>(omega + at, <f32>(2 * Math.PI) / load<f32>(periods + at));
  }
}

/** phase = z·ω. */
function phases(bytes: usize, z: usize, omega: usize, phase: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) multiply(true, z + at, omega + at, phase + at);
  for (; at < bytes; at += 4) multiply(false, z + at, omega + at, phase + at);
}

// @ts-expect-error: decorator
@inline
function multiply(whole: bool, z: usize, omega: usize, phase: usize): void {
  storeLanes(whole, phase, f32x4.mul(loadLanes(whole, z), loadLanes(whole, omega)));
}

/** y ← y + residual·z. */
function addResidual(bytes: usize, z: usize, residual: f32, y: usize): void {
  const factor = f32x4.splat(residual);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) addScaled(true, factor, z + at, y + at);
  for (; at < bytes; at += 4) addScaled(false, factor, z + at, y + at);
}

// @ts-expect-error: decorator
@inline
function addScaled(whole: bool, factor: v128, x: usize, y: usize): void {
  storeLanes(whole, y, multiplyAdd(loadLanes(whole, x), factor, loadLanes(whole, y)));
}

/** dz = dy·(ω·cosine + residual), where dz initially holds the cosine. */
function scaleGradient(bytes: usize, dy: usize, omega: usize, residual: f32, dz: usize): void {
  const term = f32x4.splat(residual);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) scaleLanes(true, dy + at, omega + at, term, dz + at);
  for (; at < bytes; at += 4) scaleLanes(false, dy + at, omega + at, term, dz + at);
}

// @ts-expect-error: decorator
@inline
function scaleLanes(whole: bool, dy: usize, omega: usize, residual: v128, dz: usize): void {
  const slope = multiplyAdd(loadLanes(whole, dz), loadLanes(whole, omega), residual);
  storeLanes(whole, dz, f32x4.mul(loadLanes(whole, dy), slope));
}
