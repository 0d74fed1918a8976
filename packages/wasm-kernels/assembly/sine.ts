// Sine and cosine: the argument is reduced to [−π/2, π/2] by the method of Cody and Waite, where a polynomial takes over. The
// absolute error is below 1.3e-7 for every float, and no value exceeds 1.
import { floats } from './floats';
import { multiplyAdd } from './multiply-add';

/** Arguments up to this are reduced in vectors; larger ones and infinities are left to the engine's Math. */
const LARGEST: f32 = 10000;
/** 1.5·2²³: a number added to it is rounded to an integer, which ends up in the lowest bits of the sum. */
const ROUNDER: f32 = 12582912;
const INVERSE_PI: f32 = 0.31830987;
/** π in three parts. The products of the first two, of 8 and 11 bits, with a number of quarter turns are exact. */
const PI_HIGH: f32 = 3.140625;
const PI_MIDDLE: f32 = 0.0009675025939941406;
const PI_LOW: f32 = 1.509958e-7;
/**
 * sin r ≈ r + r³·(C3 + C5·r² + C7·r⁴ + C9·r⁶) for |r| ≤ π/2 + 6e-4, the farthest that a quotient rounded the wrong way can
 * reach. Fitted by linear programming to minimize the maximum absolute error, 4.9e-9, with the coefficients rounded to
 * float32 one after the other.
 */
const C3: f32 = -0.16666656732559204;
const C5: f32 = 0.008333008736371994;
const C7: f32 = -0.00019806029740720987;
const C9: f32 = 2.5988374545704573e-6;

// @ts-expect-error: decorator
@external('env', 'sin')
declare function sinOfEngine(x: f64): f64;
// @ts-expect-error: decorator
@external('env', 'cos')
declare function cosOfEngine(x: f64): f64;

/**
 * y = sin x, in radians; NaN for infinities.
 *
 * @param x [count]
 * @param y [count], overwritten; may be x
 * @divided count: x, y
 */
export function sin(count: i32, x: usize, y: usize): void {
  map(false, count, x, y);
}

/**
 * y = cos x, like {@link sin}.
 *
 * @divided count: x, y
 */
export function cos(count: i32, x: usize, y: usize): void {
  map(true, count, x, y);
}

// @ts-expect-error: decorator
@inline
function map(cosine: bool, count: i32, x: usize, y: usize): void {
  // V8 13 (Node 24) rebuilds the vector for a literal in every iteration of a loop, which takes as long as the rest of the
  // loop. A sum with a zero that the compiler cannot know to be zero is not a literal.
  const zero = <f32>(count >> 31);
  const inversePi = f32x4.splat(INVERSE_PI + zero);
  const rounder = f32x4.splat(ROUNDER + zero);
  const half = f32x4.splat(0.5 + zero);
  const high = f32x4.splat(-PI_HIGH + zero);
  const middle = f32x4.splat(-PI_MIDDLE + zero);
  const low = f32x4.splat(-PI_LOW + zero);
  const c3 = f32x4.splat(C3 + zero);
  const c5 = f32x4.splat(C5 + zero);
  const c7 = f32x4.splat(C7 + zero);
  const c9 = f32x4.splat(C9 + zero);
  const end = x + floats(count);
  while (x < end) {
    if (end - x >= 64) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const x2 = v128.load(x, 32);
      const x3 = v128.load(x, 48);
      // As integers, the magnitudes have the same order, and NaN comes last.
      const largest = i32x4.max_s(
        i32x4.max_s(f32x4.abs(x0), f32x4.abs(x1)),
        i32x4.max_s(f32x4.abs(x2), f32x4.abs(x3)),
      );
      if (!v128.any_true(i32x4.gt_s(largest, f32x4.splat(LARGEST)))) {
        v128.store(y, ofVector(cosine, x0, inversePi, rounder, half, high, middle, low, c3, c5, c7, c9));
        v128.store(y, ofVector(cosine, x1, inversePi, rounder, half, high, middle, low, c3, c5, c7, c9), 16);
        v128.store(y, ofVector(cosine, x2, inversePi, rounder, half, high, middle, low, c3, c5, c7, c9), 32);
        v128.store(y, ofVector(cosine, x3, inversePi, rounder, half, high, middle, low, c3, c5, c7, c9), 48);
        x += 64;
        y += 64;
        continue;
      }
    }
    for (const stop = min(x + 64, end); x < stop; x += 4, y += 4) {
      store<f32>(y, ofOne(cosine, load<f32>(x)));
    }
  }
}

/** sin x = (−1)ⁿ·sin(x − n·π), and cos x = (−1)ⁿ·sin(x − (n − 1/2)·π). */
// @ts-expect-error: decorator
@inline
function ofVector(
  cosine: bool,
  x: v128,
  inversePi: v128,
  rounder: v128,
  half: v128,
  high: v128,
  middle: v128,
  low: v128,
  c3: v128,
  c5: v128,
  c7: v128,
  c9: v128,
): v128 {
  const magnitude = f32x4.abs(x);
  const rounded = cosine
    ? f32x4.add(multiplyAdd(magnitude, inversePi, half), rounder)
    : multiplyAdd(magnitude, inversePi, rounder);
  let sign = i32x4.shl(rounded, 31);
  let n = f32x4.sub(rounded, rounder);
  if (cosine) n = f32x4.sub(n, half);
  // By the magnitude, which also keeps the zero of sin −0 negative.
  else sign = v128.xor(sign, v128.xor(magnitude, x));
  const r = multiplyAdd(n, low, multiplyAdd(n, middle, multiplyAdd(n, high, magnitude)));
  const square = f32x4.mul(r, r);
  const p = multiplyAdd(square, multiplyAdd(square, multiplyAdd(square, c9, c7), c5), c3);
  // Not fused, because that would occasionally give a value above 1.
  return v128.xor(f32x4.add(r, f32x4.mul(f32x4.mul(r, square), p)), sign);
}

/** The same as in the vectors or, beyond their range, the engine's. */
function ofOne(cosine: bool, x: f32): f32 {
  if (!(abs(x) <= LARGEST)) return <f32>(cosine ? cosOfEngine(x) : sinOfEngine(x));
  const y = ofVector(
    cosine,
    f32x4.splat(x),
    f32x4.splat(INVERSE_PI),
    f32x4.splat(ROUNDER),
    f32x4.splat(0.5),
    f32x4.splat(-PI_HIGH),
    f32x4.splat(-PI_MIDDLE),
    f32x4.splat(-PI_LOW),
    f32x4.splat(C3),
    f32x4.splat(C5),
    f32x4.splat(C7),
    f32x4.splat(C9),
  );
  return f32x4.extract_lane(y, 0);
}
