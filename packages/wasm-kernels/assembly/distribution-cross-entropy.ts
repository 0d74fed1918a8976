import { logOfSum, maximum } from './cross-entropy';
import { expOfNegative } from './exponential';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { sumOfLanes } from './sum-of-lanes';

/**
 * loss = −1/B·Σ w·Σ t·log softmax(logits), and its slope by the logits, w/B·(softmax − t).
 *
 * @param logits, targets [batch, classes]; the rows of t sum to 1
 * @param weights w, [batch], or 0 for ones
 * @param loss one value, overwritten
 * @param slope [batch, classes], overwritten
 */
export function distributionCrossEntropy(
  batch: i32,
  classes: i32,
  logits: usize,
  targets: usize,
  weights: usize,
  loss: usize,
  slope: usize,
): void {
  const row = floats(classes);
  let total: f64 = 0;
  for (let i = 0; i < batch; i++, logits += row, targets += row, slope += row) {
    const weight: f32 = weights ? load<f32>(weights + floats(i)) : 1;
    const largest = maximum(row, logits);
    shift(row, logits, largest, slope);
    expOfNegative(classes, slope, slope);
    const sum = sumOf(row, slope);
    total += finish(row, logits, targets, largest, logOfSum(sum), sum, weight, weight / <f32>batch, slope);
  }
  store<f32>(loss, <f32>(total / batch));
}

/** y = x − term. */
function shift(bytes: usize, x: usize, term: f32, y: usize): void {
  const terms = f32x4.splat(term);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(y + at, f32x4.sub(v128.load(x + at), terms));
  for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(x + at) - term);
}

function sumOf(bytes: usize, x: usize): f32 {
  let sums = f32x4.splat(0);
  let rest: f32 = 0;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) sums = f32x4.add(sums, v128.load(x + at));
  for (; at < bytes; at += 4) rest += load<f32>(x + at);
  return rest + sumOfLanes(sums);
}

/** slope ← share·(slope/sum − t), where it initially holds the exponentials, and returns Σ w·t·(log − (x − largest)). */
function finish(
  bytes: usize,
  logits: usize,
  targets: usize,
  largest: f32,
  log: f32,
  sum: f32,
  weight: f32,
  share: f32,
  slope: usize,
): f32 {
  const shifts = f32x4.splat(largest);
  const logs = f32x4.splat(log);
  const divisors = f32x4.splat(sum);
  const weights = f32x4.splat(weight);
  const shares = f32x4.splat(share);
  let losses = f32x4.splat(0);
  let rest = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const x = logits + at;
    losses = addLoss(true, losses, x, targets + at, shifts, logs, divisors, weights, shares, slope + at);
  }
  for (; at < bytes; at += 4) {
    const x = logits + at;
    rest = addLoss(false, rest, x, targets + at, shifts, logs, divisors, weights, shares, slope + at);
  }
  return sumOfLanes(losses) + f32x4.extract_lane(rest, 0);
}

// @ts-expect-error: decorator
@inline
function addLoss(
  whole: bool,
  losses: v128,
  logits: usize,
  targets: usize,
  shift: v128,
  log: v128,
  divisor: v128,
  weight: v128,
  share: v128,
  slope: usize,
): v128 {
  const target = loadLanes(whole, targets);
  const surprise = f32x4.sub(log, f32x4.sub(loadLanes(whole, logits), shift));
  const probability = f32x4.div(loadLanes(whole, slope), divisor);
  storeLanes(whole, slope, f32x4.mul(f32x4.sub(probability, target), share));
  return f32x4.add(losses, f32x4.mul(f32x4.mul(surprise, target), weight));
}
