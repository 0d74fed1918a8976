import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { addScaled, multiply } from './passes';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { cos, sin } from './sine';
import { sum, sumOfProducts } from './sums';

/**
 * y = Σ b·sin(w·z + φ).
 *
 * @param z [count]
 * @param frequencies, phases, amplitudes w, φ, and b, [terms]
 * @param y [count], overwritten
 * @param scratch a block
 */
export function staf(
  count: i32,
  terms: i32,
  z: usize,
  frequencies: usize,
  phases: usize,
  amplitudes: usize,
  y: usize,
  scratch: usize,
): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    sumOfTerms(false, min(count, BLOCK), floats(terms), z, frequencies, phases, amplitudes, y, scratch);
  }
}

/**
 * dz = dy·Σ b·w·cos(w·z + φ).
 *
 * @param dy, z [count]
 * @param frequencies, phases, amplitudes w, φ, and b, [terms]
 * @param dz [count], overwritten
 * @param scratch a block
 */
export function stafGradient(
  count: i32,
  terms: i32,
  dy: usize,
  z: usize,
  frequencies: usize,
  phases: usize,
  amplitudes: usize,
  dz: usize,
  scratch: usize,
): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    sumOfTerms(true, size, floats(terms), z, frequencies, phases, amplitudes, dz, scratch);
    multiply(size, dy, dz, dz);
  }
}

/**
 * The gradients by the terms: dw = b·Σ dy·z·cos(w·z + φ), dφ = b·Σ dy·cos(w·z + φ), and db = Σ dy·sin(w·z + φ).
 *
 * @param dy, z [count]
 * @param frequencies, phases, amplitudes w, φ, and b, [terms]
 * @param dFrequencies, dPhases, dAmplitudes [terms], overwritten
 * @param scratch two blocks
 */
export function stafTermGradients(
  count: i32,
  terms: i32,
  dy: usize,
  z: usize,
  frequencies: usize,
  phases: usize,
  amplitudes: usize,
  dFrequencies: usize,
  dPhases: usize,
  dAmplitudes: usize,
  scratch: usize,
): void {
  const cosines = scratch + BLOCK_BYTES;
  const bytes = floats(terms);
  memory.fill(dFrequencies, 0, bytes);
  memory.fill(dPhases, 0, bytes);
  memory.fill(dAmplitudes, 0, bytes);
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    for (let term: usize = 0; term < bytes; term += 4) {
      scaleAndShift(size, z, load<f32>(frequencies + term), load<f32>(phases + term), scratch);
      cos(size, scratch, cosines);
      sin(size, scratch, scratch);
      store<f32>(dAmplitudes + term, load<f32>(dAmplitudes + term) + sumOfProducts(size, dy, scratch));
      multiply(size, dy, cosines, cosines);
      store<f32>(dPhases + term, load<f32>(dPhases + term) + sum(size, cosines));
      store<f32>(dFrequencies + term, load<f32>(dFrequencies + term) + sumOfProducts(size, z, cosines));
    }
  }
  multiply(terms, amplitudes, dFrequencies, dFrequencies);
  multiply(terms, amplitudes, dPhases, dPhases);
}

/** y = Σ b·sin(w·z + φ), or its derivative. */
function sumOfTerms(
  derivative: bool,
  count: i32,
  terms: usize,
  z: usize,
  frequencies: usize,
  phases: usize,
  amplitudes: usize,
  y: usize,
  scratch: usize,
): void {
  memory.fill(y, 0, floats(count));
  for (let term: usize = 0; term < terms; term += 4) {
    const frequency = load<f32>(frequencies + term);
    const amplitude = load<f32>(amplitudes + term);
    scaleAndShift(count, z, frequency, load<f32>(phases + term), scratch);
    if (derivative) cos(count, scratch, scratch);
    else sin(count, scratch, scratch);
    addScaled(count, scratch, derivative ? amplitude * frequency : amplitude, y);
  }
}

/** y = factor·x + term. */
function scaleAndShift(count: i32, x: usize, factor: f32, term: f32, y: usize): void {
  const factors = f32x4.splat(factor);
  const summands = f32x4.splat(term);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) shiftLanes(true, x + at, factors, summands, y + at);
  for (; at < bytes; at += 4) shiftLanes(false, x + at, factors, summands, y + at);
}

// @ts-expect-error: decorator
@inline
function shiftLanes(whole: bool, x: usize, factors: v128, terms: v128, y: usize): void {
  storeLanes(whole, y, multiplyAdd(loadLanes(whole, x), factors, terms));
}
