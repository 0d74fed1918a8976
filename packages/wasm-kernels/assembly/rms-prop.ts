import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';

/**
 * One step of RMSProp for one parameter w with gradient g, mean square s, and accumulation a:
 *
 *     s ← decay·s + (1 − decay)·g²      a ← momentum·a + rate·g/√(s + ε)      w ← w − a
 *
 * @param w, g, s, a [count]
 * @param newW, newS, newA [count], overwritten; may be w, s, and a
 * @divided count: w, g, s, a, newW, newS, newA
 */
export function rmsPropStep(
  count: i32,
  w: usize,
  g: usize,
  s: usize,
  a: usize,
  newW: usize,
  newS: usize,
  newA: usize,
  decay: f32,
  oneMinusDecay: f32,
  momentum: f32,
  rate: f32,
  epsilon: f32,
): void {
  const kept = f32x4.splat(decay);
  const added = f32x4.splat(oneMinusDecay);
  const factors = f32x4.splat(momentum);
  const rates = f32x4.splat(rate);
  const eps = f32x4.splat(epsilon);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    update(true, at, w, g, s, a, newW, newS, newA, kept, added, factors, rates, eps);
  }
  for (; at < bytes; at += 4) {
    update(false, at, w, g, s, a, newW, newS, newA, kept, added, factors, rates, eps);
  }
}

// @ts-expect-error: decorator
@inline
function update(
  whole: bool,
  at: usize,
  w: usize,
  g: usize,
  s: usize,
  a: usize,
  newW: usize,
  newS: usize,
  newA: usize,
  decay: v128,
  oneMinusDecay: v128,
  momentum: v128,
  rate: v128,
  epsilon: v128,
): void {
  const gradient = loadLanes(whole, g + at);
  const square = f32x4.mul(gradient, gradient);
  const meanSquare = multiplyAdd(square, oneMinusDecay, f32x4.mul(loadLanes(whole, s + at), decay));
  const scaled = f32x4.div(f32x4.mul(gradient, rate), f32x4.sqrt(f32x4.add(meanSquare, epsilon)));
  const accumulation = multiplyAdd(loadLanes(whole, a + at), momentum, scaled);
  storeLanes(whole, newS + at, meanSquare);
  storeLanes(whole, newA + at, accumulation);
  storeLanes(whole, newW + at, f32x4.sub(loadLanes(whole, w + at), accumulation));
}
