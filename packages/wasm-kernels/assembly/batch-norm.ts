// Rows are processed in fours, so that the values of a column are loaded, and its sums stored, a quarter as often.
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { LINE, startOfPart } from './parts';
import { sumColumns } from './sum-rows';

/**
 * Batch normalization in training: y = γ·(x − μ)/√(σ² + ε) + β, and running ← (1 − momentum)·running + momentum·batch with
 * the unbiased variance. The variance is computed from the centered values, in a second pass. Parts have columns.
 *
 * @param x [batch, units]
 * @param gamma, beta, runningMean, runningVariance [units]
 * @param y [batch, units], overwritten
 * @param mean, inverseDeviation [units], overwritten
 * @param newMean, newVariance [units], overwritten; may be runningMean and runningVariance
 */
export function batchNorm(
  batch: i32,
  units: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  runningMean: usize,
  runningVariance: usize,
  epsilon: f32,
  momentum: f32,
  oneMinusMomentum: f32,
  y: usize,
  mean: usize,
  inverseDeviation: usize,
  newMean: usize,
  newVariance: usize,
  part: i32,
  parts: i32,
): void {
  const row = floats(units);
  const first = floats(startOfPart(units, LINE, part, parts));
  const end = floats(startOfPart(units, LINE, part + 1, parts));
  const bytes = end - first;
  sumColumns(batch, row, bytes, x + first, mean + first);
  divide(bytes, mean + first, <f32>batch);
  sumCenteredSquares(batch, row, bytes, x + first, mean + first, inverseDeviation + first);
  divide(bytes, inverseDeviation + first, <f32>batch);
  const unbiased = <f32>(<f64>batch / <f64>(batch - 1));
  for (let at = first; at < end; at += 4) {
    const variance = load<f32>(inverseDeviation + at);
    store<f32>(inverseDeviation + at, <f32>1 / sqrt(variance + epsilon));
    const kept = load<f32>(runningVariance + at) * oneMinusMomentum;
    store<f32>(newVariance + at, kept + variance * unbiased * momentum);
    store<f32>(newMean + at, load<f32>(runningMean + at) * oneMinusMomentum + load<f32>(mean + at) * momentum);
  }
  normalize(
    batch,
    row,
    bytes,
    x + first,
    gamma + first,
    beta + first,
    mean + first,
    inverseDeviation + first,
    y + first,
  );
}

// @ts-expect-error: decorator
@inline
function divide(bytes: usize, values: usize, divisor: f32): void {
  for (let at: usize = 0; at < bytes; at += 4) store<f32>(values + at, load<f32>(values + at) / divisor);
}

/** sums = Σ (x − μ)² over the rows, of columns of `bytes` bytes. */
function sumCenteredSquares(batch: i32, row: usize, bytes: usize, x: usize, mean: usize, sums: usize): void {
  memory.fill(sums, 0, bytes);
  let i = 0;
  for (; i + 4 <= batch; i += 4, x += row << 2) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) addCenteredSquares(true, 4, at, x, row, mean, sums);
    for (; at < bytes; at += 4) addCenteredSquares(false, 4, at, x, row, mean, sums);
  }
  for (; i < batch; i++, x += row) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) addCenteredSquares(true, 1, at, x, row, mean, sums);
    for (; at < bytes; at += 4) addCenteredSquares(false, 1, at, x, row, mean, sums);
  }
}

// @ts-expect-error: decorator
@inline
function addCenteredSquares(
  whole: bool,
  rows: i32,
  at: usize,
  x: usize,
  row: usize,
  mean: usize,
  sums: usize,
): void {
  const center = loadLanes(whole, mean + at);
  let sum = addSquare(loadLanes(whole, sums + at), f32x4.sub(loadLanes(whole, x + at), center));
  if (rows == 4) {
    sum = addSquare(sum, f32x4.sub(loadLanes(whole, x + at + row), center));
    sum = addSquare(sum, f32x4.sub(loadLanes(whole, x + at + (row << 1)), center));
    sum = addSquare(sum, f32x4.sub(loadLanes(whole, x + at + row * 3), center));
  }
  storeLanes(whole, sums + at, sum);
}

// @ts-expect-error: decorator
@inline
function addSquare(sum: v128, value: v128): v128 {
  return multiplyAdd(value, value, sum);
}

/** y = (x − μ)·(γ/√(σ² + ε)) + β. */
function normalize(
  batch: i32,
  row: usize,
  bytes: usize,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  inverseDeviation: usize,
  y: usize,
): void {
  let i = 0;
  for (; i + 4 <= batch; i += 4, x += row << 2, y += row << 2) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) normalizeLanes(true, 4, at, x, row, gamma, beta, mean, inverseDeviation, y);
    for (; at < bytes; at += 4) normalizeLanes(false, 4, at, x, row, gamma, beta, mean, inverseDeviation, y);
  }
  for (; i < batch; i++, x += row, y += row) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) normalizeLanes(true, 1, at, x, row, gamma, beta, mean, inverseDeviation, y);
    for (; at < bytes; at += 4) normalizeLanes(false, 1, at, x, row, gamma, beta, mean, inverseDeviation, y);
  }
}

// @ts-expect-error: decorator
@inline
function normalizeLanes(
  whole: bool,
  rows: i32,
  at: usize,
  x: usize,
  row: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  inverseDeviation: usize,
  y: usize,
): void {
  const scale = f32x4.mul(loadLanes(whole, inverseDeviation + at), loadLanes(whole, gamma + at));
  const center = loadLanes(whole, mean + at);
  const shift = loadLanes(whole, beta + at);
  const from = x + at;
  const to = y + at;
  storeLanes(whole, to, multiplyAdd(f32x4.sub(loadLanes(whole, from), center), scale, shift));
  if (rows == 4) {
    const second = f32x4.sub(loadLanes(whole, from + row), center);
    storeLanes(whole, to + row, multiplyAdd(second, scale, shift));
    const third = f32x4.sub(loadLanes(whole, from + (row << 1)), center);
    storeLanes(whole, to + (row << 1), multiplyAdd(third, scale, shift));
    const fourth = f32x4.sub(loadLanes(whole, from + row * 3), center);
    storeLanes(whole, to + row * 3, multiplyAdd(fourth, scale, shift));
  }
}

/**
 * The gradients of {@link batchNorm}: dγ = Σ dy·x̂, dβ = Σ dy, dx = γ/√(σ² + ε)·(dy − dβ/B − x̂·dγ/B). Parts have columns.
 *
 * @param dy, x [batch, units]
 * @param gamma, mean, inverseDeviation [units]
 * @param dx [batch, units], overwritten
 * @param dGamma, dBeta [units], overwritten
 */
export function batchNormGradient(
  batch: i32,
  units: i32,
  dy: usize,
  x: usize,
  gamma: usize,
  mean: usize,
  inverseDeviation: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  part: i32,
  parts: i32,
): void {
  const row = floats(units);
  const first = floats(startOfPart(units, LINE, part, parts));
  const end = floats(startOfPart(units, LINE, part + 1, parts));
  memory.fill(dGamma + first, 0, end - first);
  memory.fill(dBeta + first, 0, end - first);
  let i = 0;
  let offset: usize = 0;
  for (; i + 4 <= batch; i += 4, offset += row << 2) {
    let at = first;
    for (; at + 16 <= end; at += 16) {
      addGradients(true, 4, at, dy + offset, x + offset, row, mean, inverseDeviation, dGamma, dBeta);
    }
    for (; at < end; at += 4) {
      addGradients(false, 4, at, dy + offset, x + offset, row, mean, inverseDeviation, dGamma, dBeta);
    }
  }
  for (; i < batch; i++, offset += row) {
    let at = first;
    for (; at + 16 <= end; at += 16) {
      addGradients(true, 1, at, dy + offset, x + offset, row, mean, inverseDeviation, dGamma, dBeta);
    }
    for (; at < end; at += 4) {
      addGradients(false, 1, at, dy + offset, x + offset, row, mean, inverseDeviation, dGamma, dBeta);
    }
  }
  const perExample = f32x4.splat(<f32>1 / <f32>batch);
  for (i = 0; i < batch; i++, dy += row, x += row, dx += row) {
    let at = first;
    for (; at + 16 <= end; at += 16) {
      inputGradient(true, at, dy, x, gamma, mean, inverseDeviation, dGamma, dBeta, perExample, dx);
    }
    for (; at < end; at += 4) {
      inputGradient(false, at, dy, x, gamma, mean, inverseDeviation, dGamma, dBeta, perExample, dx);
    }
  }
}

// @ts-expect-error: decorator
@inline
function addGradients(
  whole: bool,
  rows: i32,
  at: usize,
  dy: usize,
  x: usize,
  row: usize,
  mean: usize,
  inverseDeviation: usize,
  dGamma: usize,
  dBeta: usize,
): void {
  const center = loadLanes(whole, mean + at);
  const inverse = loadLanes(whole, inverseDeviation + at);
  let gradient = loadLanes(whole, dy + at);
  let normalized = f32x4.mul(f32x4.sub(loadLanes(whole, x + at), center), inverse);
  let gammaSum = multiplyAdd(gradient, normalized, loadLanes(whole, dGamma + at));
  let betaSum = f32x4.add(loadLanes(whole, dBeta + at), gradient);
  if (rows == 4) {
    gradient = loadLanes(whole, dy + at + row);
    normalized = f32x4.mul(f32x4.sub(loadLanes(whole, x + at + row), center), inverse);
    gammaSum = multiplyAdd(gradient, normalized, gammaSum);
    betaSum = f32x4.add(betaSum, gradient);
    gradient = loadLanes(whole, dy + at + (row << 1));
    normalized = f32x4.mul(f32x4.sub(loadLanes(whole, x + at + (row << 1)), center), inverse);
    gammaSum = multiplyAdd(gradient, normalized, gammaSum);
    betaSum = f32x4.add(betaSum, gradient);
    gradient = loadLanes(whole, dy + at + row * 3);
    normalized = f32x4.mul(f32x4.sub(loadLanes(whole, x + at + row * 3), center), inverse);
    gammaSum = multiplyAdd(gradient, normalized, gammaSum);
    betaSum = f32x4.add(betaSum, gradient);
  }
  storeLanes(whole, dGamma + at, gammaSum);
  storeLanes(whole, dBeta + at, betaSum);
}

// @ts-expect-error: decorator
@inline
function inputGradient(
  whole: bool,
  at: usize,
  dy: usize,
  x: usize,
  gamma: usize,
  mean: usize,
  inverseDeviation: usize,
  dGamma: usize,
  dBeta: usize,
  perExample: v128,
  dx: usize,
): void {
  const inverse = loadLanes(whole, inverseDeviation + at);
  const normalized = f32x4.mul(f32x4.sub(loadLanes(whole, x + at), loadLanes(whole, mean + at)), inverse);
  const meanGamma = f32x4.mul(loadLanes(whole, dGamma + at), perExample);
  const meanBeta = f32x4.mul(loadLanes(whole, dBeta + at), perExample);
  const rest = f32x4.sub(loadLanes(whole, dy + at), multiplyAdd(normalized, meanGamma, meanBeta));
  storeLanes(whole, dx + at, f32x4.mul(rest, f32x4.mul(loadLanes(whole, gamma + at), inverse)));
}

/**
 * Batch normalization in inference: y = x·s + (β − μ·s) with s = γ/√(σ² + ε).
 *
 * @param x [batch, units]
 * @param gamma, beta, mean, variance [units]
 * @param y [batch, units], overwritten
 * @divided batch: x·units, y·units
 */
export function batchNormInference(
  batch: i32,
  units: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  variance: usize,
  epsilon: f32,
  y: usize,
): void {
  shiftAndScale(false, batch, units, x, gamma, beta, mean, variance, epsilon, y);
}

/**
 * The same about the mean, y = (x − μ)·s + β, which is exact where x is near a large μ.
 *
 * @param x [rows, columns]
 * @param gamma, beta [columns]; 0 for 1 and 0
 * @param mean, variance [columns]
 * @param y [rows, columns], overwritten
 */
export function normalizeColumns(
  rows: i32,
  columns: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  variance: usize,
  epsilon: f32,
  y: usize,
): void {
  shiftAndScale(true, rows, columns, x, gamma, beta, mean, variance, epsilon, y);
}

// @ts-expect-error: decorator
@inline
function shiftAndScale(
  centered: bool,
  rows: i32,
  columns: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  variance: usize,
  epsilon: f32,
  y: usize,
): void {
  const row = floats(columns);
  let i = 0;
  for (; i + 4 <= rows; i += 4, x += row << 2, y += row << 2) {
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) columnsOf(true, centered, 4, at, x, row, gamma, beta, mean, variance, epsilon, y);
    for (; at < row; at += 4) columnsOf(false, centered, 4, at, x, row, gamma, beta, mean, variance, epsilon, y);
  }
  for (; i < rows; i++, x += row, y += row) {
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) columnsOf(true, centered, 1, at, x, row, gamma, beta, mean, variance, epsilon, y);
    for (; at < row; at += 4) columnsOf(false, centered, 1, at, x, row, gamma, beta, mean, variance, epsilon, y);
  }
}

// @ts-expect-error: decorator
@inline
function columnsOf(
  whole: bool,
  centered: bool,
  rows: i32,
  at: usize,
  x: usize,
  row: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  variance: usize,
  epsilon: f32,
  y: usize,
): void {
  const deviation = f32x4.sqrt(f32x4.add(loadLanes(whole, variance + at), f32x4.splat(epsilon)));
  const factor = centered && gamma == 0 ? f32x4.splat(1) : loadLanes(whole, gamma + at);
  const scale = f32x4.div(factor, deviation);
  const offset = centered && beta == 0 ? f32x4.splat(0) : loadLanes(whole, beta + at);
  const center = loadLanes(whole, mean + at);
  const shift = centered ? offset : f32x4.sub(offset, f32x4.mul(center, scale));
  for (let r: usize = 0; r < <usize>rows; r++) {
    const value = loadLanes(whole, x + at + r * row);
    storeLanes(whole, y + at + r * row, multiplyAdd(centered ? f32x4.sub(value, center) : value, scale, shift));
  }
}
