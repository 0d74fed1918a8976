import { floats } from './floats';
import { LINE, startOfPart } from './parts';
import { multiply } from './passes';
import { storeWords } from './threefry';

/** The bytes of scratch memory that {@link dropoutMask} needs. */
export const DROPOUT_SCRATCH: usize = 32;

/**
 * A mask of values `kept` and 0, decided by the words of a random stream.
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
  part: i32,
  parts: i32,
): void {
  const first = startOfPart(count, LINE, part, parts);
  const bytes = floats(startOfPart(count, LINE, part + 1, parts) - first);
  mask += floats(first);
  const keys0 = i32x4.splat(k0);
  const keys1 = i32x4.splat(k1);
  const keys2 = i32x4.splat(k0 ^ k1 ^ 0x1bd11bda);
  // Signed comparisons are cheaper, and they match unsigned ones once the sign bits of both operands are flipped.
  const bound = i32x4.splat(last ^ 0x80000000);
  const values = f32x4.splat(kept);
  // Two words a counter.
  let counters = i32x4.add(i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(first >> 1)), keys1);
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

/** The mask that eight words decide. */
// @ts-expect-error: decorator
@inline
function maskOf8(k0: v128, k1: v128, k2: v128, c1: v128, bound: v128, kept: v128, to: usize): void {
  storeWords(k0, k1, k2, c1, to);
  maskOf4(bound, kept, to);
  maskOf4(bound, kept, to + 16);
}

// @ts-expect-error: decorator
@inline
function maskOf4(bound: v128, kept: v128, words: usize): void {
  const flipped = v128.xor(v128.load(words), i32x4.splat(0x80000000));
  v128.store(words, v128.andnot(kept, i32x4.gt_s(flipped, bound)));
}

/**
 * y = x·mask.
 *
 * @param x, mask [count]
 * @param y [count], overwritten
 * @divided count: x, mask, y
 */
export function applyMask(count: i32, x: usize, mask: usize, y: usize): void {
  multiply(count, x, mask, y);
}
