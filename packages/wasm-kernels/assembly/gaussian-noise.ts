// The arithmetic of core's `fillNormal`, to the bit: no multiply-adds.
import { floats } from './floats';
import { LINE, startOfPart } from './parts';
import { storeWords } from './threefry';

const ROOT_OF_HALF: i32 = 0x3f3504f3; // √½
const UNIT_ANGLE: f32 = <f32>(Math.PI / 2147483648); // A quarter turn by 2³⁰

/** The bytes of scratch memory that {@link gaussianNoise} needs. */
export const NOISE_SCRATCH: usize = 32;

/**
 * Draws from a normal distribution of mean 0, by the Box–Muller transform: two words of a random stream make two values.
 *
 * @param k0, k1 the key
 * @param deviation σ
 * @param y [count], overwritten
 * @param scratch 32 bytes
 */
export function gaussianNoise(
  count: i32,
  k0: i32,
  k1: i32,
  deviation: f32,
  y: usize,
  scratch: usize,
  part: i32,
  parts: i32,
): void {
  const first = startOfPart(count, LINE, part, parts);
  const bytes = floats(startOfPart(count, LINE, part + 1, parts) - first);
  y += floats(first);
  const keys0 = i32x4.splat(k0);
  const keys1 = i32x4.splat(k1);
  const keys2 = i32x4.splat(k0 ^ k1 ^ 0x1bd11bda);
  const deviations = f32x4.splat(deviation);
  // Two words a counter, and a word a value.
  let counters = i32x4.add(i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(first >> 1)), keys1);
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    noiseOf8(keys0, keys1, keys2, counters, deviations, y + at);
    counters = i32x4.add(counters, i32x4.splat(4));
  }
  if (at < bytes) {
    noiseOf8(keys0, keys1, keys2, counters, deviations, scratch);
    memory.copy(y + at, scratch, bytes - at);
  }
}

/** The values that eight words make. */
function noiseOf8(k0: v128, k1: v128, k2: v128, c1: v128, deviation: v128, to: usize): void {
  storeWords(k0, k1, k2, c1, to);
  const even = v128.load(to);
  const odd = v128.load(to, 16);
  const radii = i32x4.shuffle(even, odd, 0, 2, 4, 6);
  const turns = i32x4.add(i32x4.shuffle(even, odd, 1, 3, 5, 7), i32x4.splat(1 << 29));

  // In (0, 1], so that the logarithm is finite.
  const uniform = f32x4.mul(
    f32x4.add(f32x4.convert_i32x4_u(radii), f32x4.splat(0.5)),
    f32x4.splat(<f32>2.3283064365386963e-10), // 2⁻³²
  );
  const radius = f32x4.mul(deviation, f32x4.sqrt(f32x4.mul(f32x4.splat(-2), logarithm(uniform))));

  // A quarter turn, and an angle from −π/4 to π/4.
  const quarter = i32x4.shr_u(turns, 30);
  const rest = i32x4.sub(v128.and(turns, i32x4.splat(0x3fffffff)), i32x4.splat(1 << 29));
  const angle = f32x4.mul(f32x4.convert_i32x4_s(rest), f32x4.splat(UNIT_ANGLE));
  const square = f32x4.mul(angle, angle);
  let sine = f32x4.splat(<f32>(-1.0 / 5040));
  sine = next(sine, square, <f32>(1.0 / 120));
  sine = next(sine, square, <f32>(-1.0 / 6));
  sine = f32x4.mul(angle, next(sine, square, 1));
  let cosine = f32x4.splat(<f32>(1.0 / 40320));
  cosine = next(cosine, square, <f32>(-1.0 / 720));
  cosine = next(cosine, square, <f32>(1.0 / 24));
  cosine = next(cosine, square, -0.5);
  cosine = next(cosine, square, 1);
  const isOdd = i32x4.ne(v128.and(quarter, i32x4.splat(1)), i32x4.splat(0));
  const x = v128.bitselect(sine, cosine, isOdd);
  const y = v128.bitselect(cosine, sine, isOdd);
  const two = i32x4.splat(2);
  const signOfX = i32x4.shl(v128.and(i32x4.add(quarter, i32x4.splat(1)), two), 30);
  const signOfY = i32x4.shl(v128.and(quarter, two), 30);
  const first = f32x4.mul(radius, v128.xor(x, signOfX));
  const second = f32x4.mul(radius, v128.xor(y, signOfY));
  v128.store(to, i32x4.shuffle(first, second, 0, 4, 1, 5));
  v128.store(to, i32x4.shuffle(first, second, 2, 6, 3, 7), 16);
}

/** ln u for u in (0, 1]: that of its exponent, and that of m from √½ to √2 by the series of 2·artanh((m − 1)/(m + 1)). */
// @ts-expect-error: decorator
@inline
function logarithm(u: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(u, i32x4.splat(ROOT_OF_HALF)), 23);
  const m = i32x4.sub(u, i32x4.shl(exponent, 23));
  const one = f32x4.splat(1);
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one));
  const square = f32x4.mul(s, s);
  let y = f32x4.splat(<f32>(2.0 / 7));
  y = next(y, square, 0.4);
  y = next(y, square, <f32>(2.0 / 3));
  y = f32x4.mul(s, next(y, square, 2));
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(exponent), f32x4.splat(<f32>Math.LN2)), y);
}

/** The next step of a polynomial, by Horner's rule. */
// @ts-expect-error: decorator
@inline
function next(y: v128, x: v128, coefficient: f32): v128 {
  return f32x4.add(f32x4.mul(y, x), f32x4.splat(coefficient));
}
