// Waves with a frequency for each unit, in blocks of several rows or, if a row is longer than a block, of part of one.
import { BLOCK } from './blocks';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply } from './passes';
import { cos, sin } from './sine';

/** How many rows a block has. */
export function rowsOfBlock(units: i32): i32 {
  return units > BLOCK ? 1 : BLOCK / units;
}

/** ω = 2π/p. */
export function angularFrequencies(count: i32, periods: usize, omega: usize): void {
  const bytes = floats(count);
  for (let at: usize = 0; at < bytes; at += 4) {
    store<f32>(omega + at, <f32>(2 * Math.PI) / load<f32>(periods + at));
  }
}

/**
 * y = sin(ω·z + φ), or its cosine.
 *
 * @param z [rows, columns], a block
 * @param omega ω, [columns]
 * @param phases φ, [columns], or 0 for none
 * @param y [rows, columns], overwritten
 */
export function waves(
  cosine: bool,
  rows: i32,
  columns: i32,
  z: usize,
  omega: usize,
  phases: usize,
  y: usize,
): void {
  const row = floats(columns);
  const end = row * rows;
  if (phases) for (let at: usize = 0; at < end; at += row) shiftedArguments(row, z + at, omega, phases, y + at);
  else for (let at: usize = 0; at < end; at += row) multiply(columns, z + at, omega, y + at);
  if (cosine) cos(rows * columns, y, y);
  else sin(rows * columns, y, y);
}

function shiftedArguments(bytes: usize, z: usize, omega: usize, phases: usize, y: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) shiftedArgument(true, z + at, omega + at, phases + at, y + at);
  for (; at < bytes; at += 4) shiftedArgument(false, z + at, omega + at, phases + at, y + at);
}

// @ts-expect-error: decorator
@inline
function shiftedArgument(whole: bool, z: usize, omega: usize, phases: usize, y: usize): void {
  storeLanes(whole, y, multiplyAdd(loadLanes(whole, z), loadLanes(whole, omega), loadLanes(whole, phases)));
}
