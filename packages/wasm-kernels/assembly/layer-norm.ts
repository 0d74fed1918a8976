// Row by row: each is read a few times, from the first-level cache.
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { sumOfLanes } from './sum-of-lanes';
import { sum, sumOfSquares } from './sums';

/**
 * Layer normalization: y = γ·(x − μ)/√(σ² + ε) + β, with the mean and the biased variance of each row.
 *
 * @param x [batch, units]
 * @param gamma, beta [units]
 * @param y [batch, units], overwritten
 * @divided batch: x·units, y·units
 */
export function layerNorm(
  batch: i32,
  units: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  y: usize,
): void {
  const row = floats(units);
  for (let i = 0; i < batch; i++, x += row, y += row) {
    const inverse = f32x4.splat(center(units, x, epsilon, y));
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) shiftLanes(true, inverse, gamma + at, beta + at, y + at);
    for (; at < row; at += 4) shiftLanes(false, inverse, gamma + at, beta + at, y + at);
  }
}

// @ts-expect-error: decorator
@inline
function shiftLanes(whole: bool, inverse: v128, gamma: usize, beta: usize, y: usize): void {
  const normalized = f32x4.mul(loadLanes(whole, y), inverse);
  storeLanes(whole, y, multiplyAdd(normalized, loadLanes(whole, gamma), loadLanes(whole, beta)));
}

/**
 * The gradients of {@link layerNorm}. With g = dy·γ and means over a row: dx = (g − mean g − x̂·mean(g·x̂))/√(σ² + ε); with sums
 * over the batch, dγ = Σ dy·x̂, dβ = Σ dy.
 *
 * @param dy, x [batch, units]
 * @param gamma [units]
 * @param dx [batch, units], overwritten
 * @param dGamma, dBeta [units], overwritten
 */
export function layerNormGradient(
  batch: i32,
  units: i32,
  dy: usize,
  x: usize,
  gamma: usize,
  epsilon: f32,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
): void {
  const row = floats(units);
  memory.fill(dGamma, 0, row);
  memory.fill(dBeta, 0, row);
  for (let i = 0; i < batch; i++, dy += row, x += row, dx += row) {
    const inverse = f32x4.splat(center(units, x, epsilon, dx));
    let sums = f32x4.splat(0);
    let products = f32x4.splat(0);
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) {
      addToVectors(true, inverse, dy + at, dx + at, dGamma + at, dBeta + at);
      const g = f32x4.mul(v128.load(dy + at), v128.load(gamma + at));
      sums = f32x4.add(sums, g);
      products = multiplyAdd(g, v128.load(dx + at), products);
    }
    let total = sumOfLanes(sums);
    let product = sumOfLanes(products);
    for (; at < row; at += 4) {
      addToVectors(false, inverse, dy + at, dx + at, dGamma + at, dBeta + at);
      const g = load<f32>(dy + at) * load<f32>(gamma + at);
      total += g;
      product += g * load<f32>(dx + at);
    }
    const mean = f32x4.splat(total / <f32>units);
    const slope = f32x4.splat(-product / <f32>units);
    for (at = 0; at + 16 <= row; at += 16) inputGradient(true, inverse, mean, slope, dy + at, gamma + at, dx + at);
    for (; at < row; at += 4) inputGradient(false, inverse, mean, slope, dy + at, gamma + at, dx + at);
  }
}

/** Makes x̂ of the centered values of dx, and adds to the gradients of γ and β. */
// @ts-expect-error: decorator
@inline
function addToVectors(whole: bool, inverse: v128, dy: usize, dx: usize, dGamma: usize, dBeta: usize): void {
  const normalized = f32x4.mul(loadLanes(whole, dx), inverse);
  const gradient = loadLanes(whole, dy);
  storeLanes(whole, dx, normalized);
  storeLanes(whole, dGamma, multiplyAdd(gradient, normalized, loadLanes(whole, dGamma)));
  storeLanes(whole, dBeta, f32x4.add(loadLanes(whole, dBeta), gradient));
}

// @ts-expect-error: decorator
@inline
function inputGradient(
  whole: bool,
  inverse: v128,
  mean: v128,
  slope: v128,
  dy: usize,
  gamma: usize,
  dx: usize,
): void {
  const g = f32x4.mul(loadLanes(whole, dy), loadLanes(whole, gamma));
  const rest = multiplyAdd(loadLanes(whole, dx), slope, f32x4.sub(g, mean));
  storeLanes(whole, dx, f32x4.mul(rest, inverse));
}

/** y = x − μ of a row; returns 1/√(σ² + ε). */
function center(units: i32, x: usize, epsilon: f32, y: usize): f32 {
  const row = floats(units);
  const mean = f32x4.splat(sum(units, x) / <f32>units);
  let at: usize = 0;
  for (; at + 16 <= row; at += 16) centerLanes(true, x + at, mean, y + at);
  for (; at < row; at += 4) centerLanes(false, x + at, mean, y + at);
  const variance = sumOfSquares(units, y) / <f32>units;
  return <f32>1 / sqrt(variance + epsilon);
}

// @ts-expect-error: decorator
@inline
function centerLanes(whole: bool, x: usize, mean: v128, y: usize): void {
  storeLanes(whole, y, f32x4.sub(loadLanes(whole, x), mean));
}
