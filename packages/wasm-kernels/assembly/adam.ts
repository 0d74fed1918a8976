import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { LINE, startOfPart } from './parts';

/**
 * One step of Adam for one parameter w with gradient g and moments m and v, all [rows, columns], of which parts have rows, or
 * columns of a single one:
 *
 *     g ← s·g + l2·w      m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      w ← keep·w − rate·m/(scale·√v + ε)
 *
 * @param s [columns], or 0 for none
 * @param newW, newM, newV overwritten; may be w, m, and v
 * @param l2 the coupled weight decay; 0 means none, even for an infinite w
 * @param keep the fraction of w that decoupled weight decay leaves
 * @param scale 1/√(1 − β₂ᵗ)
 * @param rate lr/(1 − β₁ᵗ)
 */
export function adamStep(
  rows: i32,
  columns: i32,
  w: usize,
  g: usize,
  s: usize,
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
  part: i32,
  parts: i32,
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
  const row = floats(columns);
  const coupled = l2 != 0;
  const isRow = rows == 1;
  const firstRow = isRow ? 0 : startOfPart(rows, 1, part, parts);
  const endRow = isRow ? 1 : startOfPart(rows, 1, part + 1, parts);
  const from = isRow ? floats(startOfPart(columns, LINE, part, parts)) : 0;
  const bytes = (isRow ? floats(startOfPart(columns, LINE, part + 1, parts)) : row) - from;
  for (let i = firstRow; i < endRow; i++) {
    const start = <usize>i * row;
    let at = start + from;
    const end = at + bytes;
    const sOfRow = s - start;
    if (s && coupled) {
      for (; at + 16 <= end; at += 16) {
        update(true, true, true, at, w, g, sOfRow, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
      }
    } else if (s) {
      for (; at + 16 <= end; at += 16) {
        update(true, false, true, at, w, g, sOfRow, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
      }
    } else if (coupled) {
      for (; at + 16 <= end; at += 16) {
        update(true, true, false, at, w, g, s, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
      }
    } else {
      for (; at + 16 <= end; at += 16) {
        update(true, false, false, at, w, g, s, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
      }
    }
    for (; at < end; at += 4) {
      update(false, coupled, s != 0, at, w, g, sOfRow, m, v, newW, newM, newV, b1, c1, b2, c2, eps, decay, kept, root, step);
    }
  }
}

// @ts-expect-error: decorator
@inline
function update(
  whole: bool,
  coupled: bool,
  scaled: bool,
  at: usize,
  w: usize,
  g: usize,
  s: usize,
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
  if (scaled) gradient = f32x4.mul(gradient, loadLanes(whole, s + at));
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
