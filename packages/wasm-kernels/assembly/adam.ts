import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';

/**
 * One step of Adam for one parameter w with gradient g and moments m and v, all of one length:
 *
 *     g ← g + l2·w      m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      w ← keep·w − rate·m/(scale·√v + ε)
 *
 * @param l2 the coupled weight decay; 0 is none, also for a w that is infinite
 * @param keep what the decoupled weight decay leaves of w
 * @param scale 1/√(1 − β₂ᵗ)
 * @param rate lr/(1 − β₁ᵗ)
 * @param newW, newM, newV overwritten; each may be the old one
 */
export function adamStep(
  count: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  newW: usize,
  newM: usize,
  newV: usize,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  epsilon: f32,
  l2: f32,
  keep: f32,
  scale: f32,
  rate: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(oneMinusBeta2);
  const eps = f32x4.splat(epsilon);
  const decay = f32x4.splat(l2);
  const kept = f32x4.splat(keep);
  const root = f32x4.splat(scale);
  const step = f32x4.splat(rate);
  const bytes = floats(count);
  let at: usize = 0;
  if (l2 == 0) {
    for (; at + 16 <= bytes; at += 16) {
      update(true, false, at, w, g, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
    }
  }
  for (; at + 16 <= bytes; at += 16) {
    update(true, true, at, w, g, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
  }
  for (; at < bytes; at += 4) {
    if (l2 == 0) {
      update(false, false, at, w, g, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
    } else {
      update(false, true, at, w, g, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
    }
  }
}

// @ts-expect-error: decorator
@inline
function update(
  whole: bool,
  coupled: bool,
  at: usize,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  newW: usize,
  newM: usize,
  newV: usize,
  beta1: v128,
  oneMinusBeta1: v128,
  beta2: v128,
  oneMinusBeta2: v128,
  epsilon: v128,
  l2: v128,
  keep: v128,
  scale: v128,
  rate: v128,
): void {
  const parameter = loadLanes(whole, w + at);
  let gradient = loadLanes(whole, g + at);
  if (coupled) gradient = multiplyAdd(parameter, l2, gradient);
  const first = multiplyAdd(gradient, oneMinusBeta1, f32x4.mul(loadLanes(whole, m + at), beta1));
  const square = f32x4.mul(gradient, gradient);
  const second = multiplyAdd(square, oneMinusBeta2, f32x4.mul(loadLanes(whole, v + at), beta2));
  const denominator = multiplyAdd(f32x4.sqrt(second), scale, epsilon);
  const change = f32x4.mul(f32x4.div(first, denominator), rate);
  storeLanes(whole, newM + at, first);
  storeLanes(whole, newV + at, second);
  storeLanes(whole, newW + at, f32x4.sub(f32x4.mul(parameter, keep), change));
}
