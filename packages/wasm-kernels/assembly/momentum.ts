import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';

/**
 * One step of gradient descent with momentum for one parameter w with gradient g and accumulation a:
 *
 *     a ← momentum·a + g      w ← w − rate·a      or, with Nesterov momentum,      w ← w − rate·(g + momentum·a)
 *
 * @param w, g, a [count]
 * @param newW, newA [count], overwritten; may be w and a
 * @divided count: w, g, a, newW, newA
 */
export function momentumStep(
  count: i32,
  w: usize,
  g: usize,
  a: usize,
  newW: usize,
  newA: usize,
  momentum: f32,
  rate: f32,
  nesterov: bool,
): void {
  const factors = f32x4.splat(momentum);
  const rates = f32x4.splat(rate);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) update(true, at, w, g, a, newW, newA, factors, rates, nesterov);
  for (; at < bytes; at += 4) update(false, at, w, g, a, newW, newA, factors, rates, nesterov);
}

// @ts-expect-error: decorator
@inline
function update(
  whole: bool,
  at: usize,
  w: usize,
  g: usize,
  a: usize,
  newW: usize,
  newA: usize,
  momentum: v128,
  rate: v128,
  nesterov: bool,
): void {
  const gradient = loadLanes(whole, g + at);
  const accumulation = multiplyAdd(loadLanes(whole, a + at), momentum, gradient);
  const direction = nesterov ? multiplyAdd(accumulation, momentum, gradient) : accumulation;
  storeLanes(whole, newA + at, accumulation);
  storeLanes(whole, newW + at, f32x4.sub(loadLanes(whole, w + at), f32x4.mul(direction, rate)));
}
