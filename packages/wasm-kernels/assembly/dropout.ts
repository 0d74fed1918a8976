import { floats } from './floats';
import { multiply } from './passes';

/** The bytes of scratch memory that {@link dropoutMask} needs. */
export const DROPOUT_SCRATCH: usize = 32;

/**
 * A mask of values `kept` and 0, decided by the words of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, and Shaw, SC11):
 * words 2i and 2i + 1 are the block of the counter [0, i], as in core's `randomBits`.
 *
 * @param k0, k1 the key
 * @param last the largest word that keeps its element
 * @param mask [count], overwritten
 */
export function dropoutMask(
  count: i32,
  k0: i32,
  k1: i32,
  last: u32,
  kept: f32,
  mask: usize,
  scratch: usize,
): void {
  const bytes = floats(count);
  const keys0 = i32x4.splat(k0);
  const keys1 = i32x4.splat(k1);
  const keys2 = i32x4.splat(k0 ^ k1 ^ 0x1bd11bda);
  // Signed comparisons are cheaper, and they match unsigned ones once the sign bits of both operands are flipped.
  const bound = i32x4.splat(last ^ 0x80000000);
  const values = f32x4.splat(kept);
  let counters = i32x4.add(i32x4(0, 1, 2, 3), keys1);
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    maskOf8(keys0, keys1, keys2, counters, bound, values, mask + at);
    counters = i32x4.add(counters, i32x4.splat(4));
  }
  if (at < bytes) {
    maskOf8(keys0, keys1, keys2, counters, bound, values, scratch);
    memory.copy(mask + at, scratch, bytes - at);
  }
}

/** The mask of four blocks, of two words each. */
// @ts-expect-error: decorator
@inline
function maskOf8(k0: v128, k1: v128, k2: v128, c1: v128, bound: v128, kept: v128, to: usize): void {
  let a = k0;
  let b = c1;
  a = i32x4.add(a, b);
  b = turn(b, 13, a);
  a = i32x4.add(a, b);
  b = turn(b, 15, a);
  a = i32x4.add(a, b);
  b = turn(b, 26, a);
  a = i32x4.add(a, b);
  b = turn(b, 6, a);
  a = i32x4.add(a, k1);
  b = i32x4.add(b, i32x4.add(k2, i32x4.splat(1)));
  a = i32x4.add(a, b);
  b = turn(b, 17, a);
  a = i32x4.add(a, b);
  b = turn(b, 29, a);
  a = i32x4.add(a, b);
  b = turn(b, 16, a);
  a = i32x4.add(a, b);
  b = turn(b, 24, a);
  a = i32x4.add(a, k2);
  b = i32x4.add(b, i32x4.add(k0, i32x4.splat(2)));
  a = i32x4.add(a, b);
  b = turn(b, 13, a);
  a = i32x4.add(a, b);
  b = turn(b, 15, a);
  a = i32x4.add(a, b);
  b = turn(b, 26, a);
  a = i32x4.add(a, b);
  b = turn(b, 6, a);
  a = i32x4.add(a, k0);
  b = i32x4.add(b, i32x4.add(k1, i32x4.splat(3)));
  a = i32x4.add(a, b);
  b = turn(b, 17, a);
  a = i32x4.add(a, b);
  b = turn(b, 29, a);
  a = i32x4.add(a, b);
  b = turn(b, 16, a);
  a = i32x4.add(a, b);
  b = turn(b, 24, a);
  a = i32x4.add(a, k1);
  b = i32x4.add(b, i32x4.add(k2, i32x4.splat(4)));
  a = i32x4.add(a, b);
  b = turn(b, 13, a);
  a = i32x4.add(a, b);
  b = turn(b, 15, a);
  a = i32x4.add(a, b);
  b = turn(b, 26, a);
  a = i32x4.add(a, b);
  b = turn(b, 6, a);
  // With the sign bits flipped.
  a = i32x4.add(a, i32x4.add(k2, i32x4.splat(0x80000000)));
  b = i32x4.add(b, i32x4.add(k0, i32x4.splat(0x80000005)));
  const even = v128.andnot(kept, i32x4.gt_s(a, bound));
  const odd = v128.andnot(kept, i32x4.gt_s(b, bound));
  v128.store(to, i32x4.shuffle(even, odd, 0, 4, 1, 5));
  v128.store(to, i32x4.shuffle(even, odd, 2, 6, 3, 7), 16);
}

/** b, with its bits rotated left, xor a. */
// @ts-expect-error: decorator
@inline
function turn(b: v128, bits: i32, a: v128): v128 {
  return v128.xor(v128.or(i32x4.shl(b, bits), i32x4.shr_u(b, 32 - bits)), a);
}

/**
 * y = x·mask.
 *
 * @param x, mask [count]
 * @param y [count], overwritten
 */
export function applyMask(count: i32, x: usize, mask: usize, y: usize): void {
  multiply(count, x, mask, y);
}
