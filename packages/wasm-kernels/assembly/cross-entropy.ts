import { expOfNegativeLanes } from './exponential';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { sumOfLanes } from './sum-of-lanes';

/**
 * loss = −1/B·Σ log softmax(logits)·onehot(label), and the softmax. A label that is not a class number makes the loss
 * infinite; a logarithm that is not finite makes it NaN at any class except the label, because its factor there is 0.
 *
 * @param logits [batch, classes]
 * @param labels int32, [batch]
 * @param loss one value, overwritten
 * @param probabilities [batch, classes], overwritten
 */
export function softmaxCrossEntropy(
  batch: i32,
  classes: i32,
  logits: usize,
  labels: usize,
  loss: usize,
  probabilities: usize,
): void {
  const row = floats(classes);
  let total: f64 = 0;
  for (let i = 0; i < batch; i++, logits += row, probabilities += row, labels += 4) {
    const largest = maximum(row, logits);
    const shift = f32x4.splat(largest);
    let sums = f32x4.splat(0);
    let zeros = f32x4.splat(0); // NaN once a logit is not finite.
    let sum: f32 = 0;
    let at: usize = 0;
    for (; at + 16 <= row; at += 16) {
      const shifted = f32x4.sub(v128.load(logits + at), shift);
      const power = expOfNegativeLanes(shifted);
      v128.store(probabilities + at, power);
      sums = f32x4.add(sums, power);
      zeros = f32x4.add(zeros, f32x4.mul(shifted, f32x4.splat(0)));
    }
    for (; at < row; at += 4) {
      const shifted = f32x4.sub(v128.load32_splat(logits + at), shift);
      const power = f32x4.extract_lane(expOfNegativeLanes(shifted), 0);
      store<f32>(probabilities + at, power);
      sum += power;
      zeros = f32x4.add(zeros, f32x4.mul(shifted, f32x4.splat(0)));
    }
    sum += sumOfLanes(sums);
    divide(row, probabilities, sum);
    const label = load<i32>(labels);
    const log = logOfSum(sum);
    if (<u32>label >= <u32>classes) total -= Infinity;
    else if (sumOfLanes(zeros) != 0) total += sumOfPicked(classes, logits, label, largest, log);
    else total += load<f32>(logits + floats(label)) - largest - log;
  }
  store<f32>(loss, <f32>(-total / batch));
}

/** Σ (x − largest − log)·onehot(label), where 0 times infinity and NaN are NaN. */
function sumOfPicked(classes: i32, x: usize, label: i32, largest: f32, log: f32): f32 {
  let sum: f32 = 0;
  for (let k = 0; k < classes; k++) sum += (load<f32>(x + floats(k)) - largest - log) * <f32>i32(k == label);
  return sum;
}

/** The largest of the values; NaN if the first is. */
export function maximum(bytes: usize, x: usize): f32 {
  let largest = load<f32>(x);
  for (let at: usize = 4; at < bytes; at += 4) {
    const value = load<f32>(x + at);
    if (value > largest) largest = value;
  }
  return largest;
}

function divide(bytes: usize, values: usize, divisor: f32): void {
  const divisors = f32x4.splat(divisor);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) divideLanes(true, values + at, divisors);
  for (; at < bytes; at += 4) divideLanes(false, values + at, divisors);
}

// @ts-expect-error: decorator
@inline
function divideLanes(whole: bool, values: usize, divisors: v128): void {
  storeLanes(whole, values, f32x4.div(loadLanes(whole, values), divisors));
}

/** ln x for normal x > 0, and NaN for NaN: with x = 2ⁿ·m, n·ln 2 + 2·artanh((m − 1)/(m + 1)). */
export function logOfSum(x: f32): f32 {
  if (x != x) return x;
  const bits = reinterpret<i32>(x);
  // As if the mantissa started at √½, so that m is in [√½, √2).
  const exponent = (bits - 0x3f3504f3) >> 23;
  const m = <f64>reinterpret<f32>(bits - (exponent << 23));
  const s = (m - 1) / (m + 1);
  const square = s * s;
  const series = 1 + square * (1.0 / 3 + square * (0.2 + square * (1.0 / 7 + square * (1.0 / 9 + square / 11))));
  return <f32>(exponent * Math.LN2 + 2 * s * series);
}

/**
 * The gradient of {@link softmaxCrossEntropy} with respect to the logits: dy·(softmax − onehot(label))/B.
 *
 * @param dy one value
 * @param probabilities [batch, classes]
 * @param labels int32, [batch]
 * @param gradient [batch, classes], overwritten
 */
export function softmaxCrossEntropyGradient(
  batch: i32,
  classes: i32,
  dy: usize,
  probabilities: usize,
  labels: usize,
  gradient: usize,
): void {
  const factor = load<f32>(dy) / <f32>batch;
  const factors = f32x4.splat(factor);
  const bytes = floats(batch * classes);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) scale(true, probabilities + at, factors, gradient + at);
  for (; at < bytes; at += 4) scale(false, probabilities + at, factors, gradient + at);
  for (let i = 0; i < batch; i++) {
    const label = load<i32>(labels + floats(i));
    if (<u32>label >= <u32>classes) continue;
    const place = floats(i * classes + label);
    store<f32>(gradient + place, (load<f32>(probabilities + place) - 1) * factor);
  }
}

// @ts-expect-error: decorator
@inline
function scale(whole: bool, from: usize, factors: v128, to: usize): void {
  storeLanes(whole, to, f32x4.mul(loadLanes(whole, from), factors));
}

/**
 * The number of examples whose largest logit is the one of their label; of equal logits, the first counts.
 *
 * @param logits [batch, classes]
 * @param labels int32, [batch]
 * @param count one float32 value, overwritten
 */
export function countCorrect(batch: i32, classes: i32, logits: usize, labels: usize, count: usize): void {
  const row = floats(classes);
  let correct = 0;
  for (let i = 0; i < batch; i++, logits += row) {
    let largest = load<f32>(logits);
    let best = 0;
    for (let k = 1; k < classes; k++) {
      const value = load<f32>(logits + floats(k));
      if (value > largest) {
        largest = value;
        best = k;
      }
    }
    correct += i32(best == load<i32>(labels + floats(i)));
  }
  store<f32>(count, <f32>correct);
}
