import { BLOCK, BLOCK_BYTES } from './blocks';
import { floats } from './floats';
import { addScaled, multiply } from './passes';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { cos, sin } from './sine';
import { sumOfLanes } from './sum-of-lanes';

/**
 * y = Σ b·sin(w·z + φ).
 *
 * @param z [count]
 * @param frequencies, phases, amplitudes w, φ, and b, [terms]
 * @param y [count], overwritten
 * @param scratch a block
 * @divided count: z, y
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
 * @divided count: dy, z, dz
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
      addToSums(size, dy, z, cosines, scratch, dFrequencies + term, dPhases + term, dAmplitudes + term);
    }
  }
  multiply(terms, amplitudes, dFrequencies, dFrequencies);
  multiply(terms, amplitudes, dPhases, dPhases);
}

/** Adds Σ dy·z·cosine, Σ dy·cosine, and Σ dy·sine to three values. */
function addToSums(
  count: i32,
  dy: usize,
  z: usize,
  cosine: usize,
  sine: usize,
  dFrequency: usize,
  dPhase: usize,
  dAmplitude: usize,
): void {
  const bytes = floats(count);
  let ofFrequency = f32x4.splat(0);
  let ofPhase = f32x4.splat(0);
  let ofAmplitude = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const gradient = v128.load(dy + at);
    const slope = f32x4.mul(gradient, v128.load(cosine + at));
    ofFrequency = multiplyAdd(slope, v128.load(z + at), ofFrequency);
    ofPhase = f32x4.add(ofPhase, slope);
    ofAmplitude = multiplyAdd(gradient, v128.load(sine + at), ofAmplitude);
  }
  let frequency = load<f32>(dFrequency) + sumOfLanes(ofFrequency);
  let phase = load<f32>(dPhase) + sumOfLanes(ofPhase);
  let amplitude = load<f32>(dAmplitude) + sumOfLanes(ofAmplitude);
  for (; at < bytes; at += 4) {
    const gradient = load<f32>(dy + at);
    const slope = gradient * load<f32>(cosine + at);
    frequency += slope * load<f32>(z + at);
    phase += slope;
    amplitude += gradient * load<f32>(sine + at);
  }
  store<f32>(dFrequency, frequency);
  store<f32>(dPhase, phase);
  store<f32>(dAmplitude, amplitude);
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
