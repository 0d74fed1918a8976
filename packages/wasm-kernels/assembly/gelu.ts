import { BLOCK, BLOCK_BYTES } from './blocks';
import { expOfNegative } from './exponential';
import { floats } from './floats';
import { loadLanes, storeLanes } from './lanes';
import { multiplyAdd } from './multiply-add';
import { multiply, scaleSquares } from './passes';

/**
 * Φ(−|z|) ≈ exp(−z²/2)·(C1·t + C2·t² + … + C8·t⁸) with t = 1/(1 + C0·|z|), whose form is that of Abramowitz and Stegun, 7.1.26.
 * Fitted by Lawson's algorithm to minimize the maximum of the absolute error times max(1, |z|), at most 7e-8, and of the
 * relative error, at most 7e-6, with the coefficients rounded to float32 one after the other.
 */
const C0: f32 = 0.3;
const C1: f32 = 0.11968187987804413;
const C2: f32 = 0.11978811770677567;
const C3: f32 = 0.10670094192028046;
const C4: f32 = 0.10468348115682602;
const C5: f32 = -0.007443378213793039;
const C6: f32 = 0.15624651312828064;
const C7: f32 = -0.12870201468467712;
const C8: f32 = 0.029044391587376595;
/** 1/√(2π) */
const DENSITY: f32 = 0.3989422804014327;

/**
 * y = z·Φ(z), with the normal distribution's Φ(z) = (1 + erf(z/√2))/2.
 *
 * @param z [count]
 * @param y [count], overwritten
 * @divided count: z, y
 */
export function gelu(count: i32, z: usize, y: usize): void {
  for (; count > 0; count -= BLOCK, z += BLOCK_BYTES, y += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scaleSquares(size, z, 1, -0.5, y);
    expOfNegative(size, y, y);
    finish(false, size, z, y);
  }
}

/**
 * dz = dy·(Φ(z) + z·exp(−z²/2)/√(2π)).
 *
 * @param dy, z [count]
 * @param dz [count], overwritten
 * @divided count: dy, z, dz
 */
export function geluGradient(count: i32, dy: usize, z: usize, dz: usize): void {
  for (; count > 0; count -= BLOCK, dy += BLOCK_BYTES, z += BLOCK_BYTES, dz += BLOCK_BYTES) {
    const size = min(count, BLOCK);
    scaleSquares(size, z, 1, -0.5, dz);
    expOfNegative(size, dz, dz);
    finish(true, size, z, dz);
    multiply(size, dy, dz, dz);
  }
}

/** y ← z·Φ(z) or its slope, where y initially holds exp(−z²/2). */
function finish(slope: bool, count: i32, z: usize, y: usize): void {
  // Sums with a zero, for the reason given in sine.ts.
  const zero = <f32>(count >> 31);
  const one = f32x4.splat(1 + zero);
  const density = f32x4.splat(DENSITY + zero);
  const c0 = f32x4.splat(C0 + zero);
  const c1 = f32x4.splat(C1 + zero);
  const c2 = f32x4.splat(C2 + zero);
  const c3 = f32x4.splat(C3 + zero);
  const c4 = f32x4.splat(C4 + zero);
  const c5 = f32x4.splat(C5 + zero);
  const c6 = f32x4.splat(C6 + zero);
  const c7 = f32x4.splat(C7 + zero);
  const c8 = f32x4.splat(C8 + zero);
  const bytes = floats(count);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    finishLanes(true, slope, z + at, y + at, one, density, c0, c1, c2, c3, c4, c5, c6, c7, c8);
  }
  for (; at < bytes; at += 4) {
    finishLanes(false, slope, z + at, y + at, one, density, c0, c1, c2, c3, c4, c5, c6, c7, c8);
  }
}

// @ts-expect-error: decorator
@inline
function finishLanes(
  whole: bool,
  slope: bool,
  z: usize,
  y: usize,
  one: v128,
  density: v128,
  c0: v128,
  c1: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
  c7: v128,
  c8: v128,
): void {
  const value = loadLanes(whole, z);
  const power = loadLanes(whole, y);
  const t = f32x4.div(one, multiplyAdd(f32x4.abs(value), c0, one));
  let p = multiplyAdd(t, c8, c7);
  p = multiplyAdd(p, t, c6);
  p = multiplyAdd(p, t, c5);
  p = multiplyAdd(p, t, c4);
  p = multiplyAdd(p, t, c3);
  p = multiplyAdd(p, t, c2);
  p = multiplyAdd(p, t, c1);
  const tail = f32x4.mul(f32x4.mul(p, t), power);
  const normal = v128.bitselect(f32x4.sub(one, tail), tail, f32x4.ge(value, f32x4.splat(0)));
  if (slope) storeLanes(whole, y, multiplyAdd(value, f32x4.mul(power, density), normal));
  else storeLanes(whole, y, f32x4.mul(value, normal));
}
