// The losses of values: L = 1/N·Σ w·ℓ(y, t), and its slope w/N·∂ℓ/∂y. In blocks, for which the weights of the examples are
// spread over their values.
import { BLOCK, BLOCK_BYTES } from './blocks';
import { expOfNegative } from './exponential';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { scale, scaleMagnitudes } from './passes';
import { sumOfLanes } from './sum-of-lanes';

// The kinds of losses.
const SQUARED = 0;
const ABSOLUTE = 1;
const HUBER = 2;
const BINARY = 3;

/**
 * ℓ = d² with d = y − t.
 *
 * @param outputs y, [batch, width]
 * @param targets t, [batch, width]
 * @param weights w, [batch], or 0 for ones
 * @param loss one value, overwritten
 * @param slope [batch, width], overwritten
 * @param scratch a block
 */
export function squaredError(
  batch: i32,
  width: i32,
  outputs: usize,
  targets: usize,
  weights: usize,
  loss: usize,
  slope: usize,
  scratch: usize,
): void {
  forBlocks(SQUARED, batch, width, outputs, targets, weights, 0, loss, slope, scratch);
}

/** ℓ = |d| with d = y − t, whose slope is 0 at 0 and at NaN; like {@link squaredError}. */
export function absoluteError(
  batch: i32,
  width: i32,
  outputs: usize,
  targets: usize,
  weights: usize,
  loss: usize,
  slope: usize,
  scratch: usize,
): void {
  forBlocks(ABSOLUTE, batch, width, outputs, targets, weights, 0, loss, slope, scratch);
}

/** ℓ = c·(d − c/2) with d = y − t and c = d within ±delta, else ±delta; like {@link squaredError}. */
export function huberError(
  batch: i32,
  width: i32,
  outputs: usize,
  targets: usize,
  weights: usize,
  delta: f32,
  loss: usize,
  slope: usize,
  scratch: usize,
): void {
  forBlocks(HUBER, batch, width, outputs, targets, weights, delta, loss, slope, scratch);
}

/** ℓ = max(0, y) − y·t + log(1 + e^−|y|), whose slope is σ(y) − t; like {@link squaredError}. */
export function binaryCrossEntropy(
  batch: i32,
  width: i32,
  outputs: usize,
  targets: usize,
  weights: usize,
  loss: usize,
  slope: usize,
  scratch: usize,
): void {
  forBlocks(BINARY, batch, width, outputs, targets, weights, 0, loss, slope, scratch);
}

/**
 * The gradient of a loss by its outputs: dy·slope.
 *
 * @param dy one value
 * @param slope [count]
 * @param gradient [count], overwritten
 * @divided count: slope, gradient
 */
export function lossGradient(count: i32, dy: usize, slope: usize, gradient: usize): void {
  scale(count, slope, load<f32>(dy), gradient);
}

function forBlocks(
  kind: i32,
  batch: i32,
  width: i32,
  outputs: usize,
  targets: usize,
  weights: usize,
  delta: f32,
  loss: usize,
  slope: usize,
  scratch: usize,
): void {
  const count = batch * width;
  const share = <f32>1 / <f32>count;
  if (!weights) for (let at: usize = 0; at < BLOCK_BYTES; at += 4) store<f32>(scratch + at, 1);
  let total: f64 = 0;
  let left = 0; // How many more values belong to the example before `weights`.
  for (let from = 0; from < count; from += BLOCK) {
    const size = min(count - from, BLOCK);
    if (weights) {
      for (let at: usize = 0, end = floats(size); at < end; at += 4) {
        if (left == 0) {
          left = width;
          weights += 4;
        }
        left--;
        store<f32>(scratch + at, load<f32>(weights - 4));
      }
    }
    if (kind == SQUARED) total += squaredTerms(size, outputs, targets, scratch, share, slope);
    else if (kind == ABSOLUTE) total += absoluteTerms(size, outputs, targets, scratch, share, slope);
    else if (kind == HUBER) total += huberTerms(size, outputs, targets, scratch, share, delta, slope);
    else total += binaryTerms(size, outputs, targets, scratch, share, slope);
    outputs += BLOCK_BYTES;
    targets += BLOCK_BYTES;
    slope += BLOCK_BYTES;
  }
  store<f32>(loss, <f32>total * share);
}

// A function for each kind of loss: the optimizer would join the ends of inlined ones, and decide for each value again.

function squaredTerms(count: i32, y: usize, t: usize, w: usize, share: f32, slope: usize): f64 {
  return terms(SQUARED, count, y, t, w, share, 0, slope);
}

function absoluteTerms(count: i32, y: usize, t: usize, w: usize, share: f32, slope: usize): f64 {
  return terms(ABSOLUTE, count, y, t, w, share, 0, slope);
}

function huberTerms(count: i32, y: usize, t: usize, w: usize, share: f32, delta: f32, slope: usize): f64 {
  return terms(HUBER, count, y, t, w, share, delta, slope);
}

function binaryTerms(count: i32, y: usize, t: usize, w: usize, share: f32, slope: usize): f64 {
  scaleMagnitudes(count, y, -1, slope);
  expOfNegative(count, slope, slope);
  return terms(BINARY, count, y, t, w, share, 0, slope);
}

/** Writes the slopes of a block, and returns Σ w·ℓ. The slopes of the binary cross-entropy initially hold e^−|y|. */
// @ts-expect-error: decorator
@inline
function terms(
  kind: i32,
  count: i32,
  outputs: usize,
  targets: usize,
  weights: usize,
  share: f32,
  delta: f32,
  slope: usize,
): f64 {
  // Sums with a zero, for the reason given in sine.ts.
  const zero = <f32>(count >> 31);
  const one = f32x4.splat(1 + zero);
  const half = f32x4.splat(0.5 + zero);
  const c3 = f32x4.splat(<f32>(2.0 / 3) + zero);
  const c5 = f32x4.splat(<f32>(2.0 / 5) + zero);
  const c7 = f32x4.splat(<f32>(2.0 / 7) + zero);
  const c9 = f32x4.splat(<f32>(2.0 / 9) + zero);
  const c11 = f32x4.splat(<f32>(2.0 / 11) + zero);
  const c13 = f32x4.splat(<f32>(2.0 / 13) + zero);
  const shares = f32x4.splat(share);
  const bounds = f32x4.splat(delta);
  const bytes = floats(count);
  let sums = f32x4.splat(0);
  let rest = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const y = outputs + at;
    const t = targets + at;
    const w = weights + at;
    sums = addTerm(true, kind, sums, y, t, w, shares, bounds, one, half, c3, c5, c7, c9, c11, c13, slope + at);
  }
  for (; at < bytes; at += 4) {
    const y = outputs + at;
    const t = targets + at;
    const w = weights + at;
    rest = addTerm(false, kind, rest, y, t, w, shares, bounds, one, half, c3, c5, c7, c9, c11, c13, slope + at);
  }
  return <f64>sumOfLanes(sums) + f32x4.extract_lane(rest, 0);
}

// @ts-expect-error: decorator
@inline
function addTerm(
  whole: bool,
  kind: i32,
  sums: v128,
  outputs: usize,
  targets: usize,
  weights: usize,
  share: v128,
  delta: v128,
  one: v128,
  half: v128,
  c3: v128,
  c5: v128,
  c7: v128,
  c9: v128,
  c11: v128,
  c13: v128,
  slope: usize,
): v128 {
  const zero = f32x4.splat(0);
  const y = loadLanes(whole, outputs);
  const t = loadLanes(whole, targets);
  const weight = loadLanes(whole, weights);
  const difference = f32x4.sub(y, t);
  let term = f32x4.mul(difference, difference);
  let derivative = f32x4.add(difference, difference);
  if (kind == ABSOLUTE) {
    term = f32x4.abs(difference);
    const positive = v128.and(f32x4.gt(difference, zero), one);
    const negative = v128.and(f32x4.lt(difference, zero), one);
    derivative = f32x4.sub(positive, negative);
  } else if (kind == HUBER) {
    derivative = f32x4.pmin(f32x4.pmax(difference, f32x4.neg(delta)), delta);
    term = f32x4.mul(derivative, f32x4.sub(difference, f32x4.mul(derivative, half)));
  } else if (kind == BINARY) {
    const power = loadLanes(whole, slope);
    const sum = f32x4.add(power, one);
    const sigmoid = f32x4.div(v128.bitselect(one, power, f32x4.ge(y, zero)), sum);
    derivative = f32x4.sub(sigmoid, t);
    // log(1 + e) = 2·artanh(e/(2 + e)), by its series, whose error is at most 1.5e-8.
    const s = f32x4.div(power, f32x4.add(sum, one));
    const square = f32x4.mul(s, s);
    let p = multiplyAdd(square, c13, c11);
    p = multiplyAdd(p, square, c9);
    p = multiplyAdd(p, square, c7);
    p = multiplyAdd(p, square, c5);
    p = multiplyAdd(p, square, c3);
    const log = multiplyAdd(f32x4.mul(square, s), p, f32x4.add(s, s));
    term = f32x4.add(f32x4.sub(f32x4.pmax(y, zero), f32x4.mul(y, t)), log);
  }
  storeLanes(whole, slope, f32x4.mul(f32x4.mul(derivative, weight), share));
  return f32x4.add(sums, f32x4.mul(term, weight));
}
