// Passes over a block that several kernels share.
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';

/**
 * y = factor·x.
 *
 * @param x [count]
 * @param y [count], overwritten; may be x
 */
export function scale(count: i32, x: usize, factor: f32, y: usize): void {
  const factors = f32x4.splat(factor);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) scaleLanes(true, x + at, factors, y + at);
  for (; at < bytes; at += 4) scaleLanes(false, x + at, factors, y + at);
}

// @ts-expect-error: decorator
@inline
function scaleLanes(whole: bool, x: usize, factors: v128, y: usize): void {
  storeLanes(whole, y, f32x4.mul(loadLanes(whole, x), factors));
}

/**
 * y = a·b.
 *
 * @param a, b [count]
 * @param y [count], overwritten; may be a or b
 */
export function multiply(count: i32, a: usize, b: usize, y: usize): void {
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) multiplyLanes(true, a + at, b + at, y + at);
  for (; at < bytes; at += 4) multiplyLanes(false, a + at, b + at, y + at);
}

// @ts-expect-error: decorator
@inline
function multiplyLanes(whole: bool, a: usize, b: usize, y: usize): void {
  storeLanes(whole, y, f32x4.mul(loadLanes(whole, a), loadLanes(whole, b)));
}

/** y ← y + factor·x. */
export function addScaled(count: i32, x: usize, factor: f32, y: usize): void {
  const factors = f32x4.splat(factor);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) addScaledLanes(true, x + at, factors, y + at);
  for (; at < bytes; at += 4) addScaledLanes(false, x + at, factors, y + at);
}

// @ts-expect-error: decorator
@inline
function addScaledLanes(whole: bool, x: usize, factors: v128, y: usize): void {
  storeLanes(whole, y, multiplyAdd(loadLanes(whole, x), factors, loadLanes(whole, y)));
}

/** y ← factor·x·y. */
export function multiplyScaled(count: i32, x: usize, factor: f32, y: usize): void {
  const factors = f32x4.splat(factor);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) multiplyScaledLanes(true, x + at, factors, y + at);
  for (; at < bytes; at += 4) multiplyScaledLanes(false, x + at, factors, y + at);
}

// @ts-expect-error: decorator
@inline
function multiplyScaledLanes(whole: bool, x: usize, factors: v128, y: usize): void {
  storeLanes(whole, y, f32x4.mul(f32x4.mul(loadLanes(whole, y), factors), loadLanes(whole, x)));
}

/** y = factor·|x|. */
export function scaleMagnitudes(count: i32, x: usize, factor: f32, y: usize): void {
  const factors = f32x4.splat(factor);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) scaleMagnitude(true, x + at, factors, y + at);
  for (; at < bytes; at += 4) scaleMagnitude(false, x + at, factors, y + at);
}

// @ts-expect-error: decorator
@inline
function scaleMagnitude(whole: bool, x: usize, factors: v128, y: usize): void {
  storeLanes(whole, y, f32x4.mul(f32x4.abs(loadLanes(whole, x)), factors));
}

/** y = factor·(scale·x)². */
export function scaleSquares(count: i32, x: usize, scale: f32, factor: f32, y: usize): void {
  const scales = f32x4.splat(scale);
  const factors = f32x4.splat(factor);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) scaleSquare(true, x + at, scales, factors, y + at);
  for (; at < bytes; at += 4) scaleSquare(false, x + at, scales, factors, y + at);
}

// @ts-expect-error: decorator
@inline
function scaleSquare(whole: bool, x: usize, scales: v128, factors: v128, y: usize): void {
  const scaled = f32x4.mul(loadLanes(whole, x), scales);
  storeLanes(whole, y, f32x4.mul(f32x4.mul(scaled, scaled), factors));
}
