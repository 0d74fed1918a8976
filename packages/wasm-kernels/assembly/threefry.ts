/**
 * Eight words of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, and Shaw, SC11), as in core's `randomBits`: words 2i and
 * 2i + 1 are the block of the counter [0, i].
 *
 * @param k0, k1 the key, in all lanes
 * @param k2 k0 ^ k1 ^ 0x1bd11bda
 * @param c1 the second words of four counters, plus k1
 * @param to where the words are stored
 */
// @ts-expect-error: decorator
@inline
export function storeWords(k0: v128, k1: v128, k2: v128, c1: v128, to: usize): void {
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
  a = i32x4.add(a, k2);
  b = i32x4.add(b, i32x4.add(k0, i32x4.splat(5)));
  v128.store(to, i32x4.shuffle(a, b, 0, 4, 1, 5));
  v128.store(to, i32x4.shuffle(a, b, 2, 6, 3, 7), 16);
}

/** b, with its bits rotated left, xor a. */
// @ts-expect-error: decorator
@inline
function turn(b: v128, bits: i32, a: v128): v128 {
  return v128.xor(v128.or(i32x4.shl(b, bits), i32x4.shr_u(b, 32 - bits)), a);
}
