import { foldIn, type RandomKey, randomBits, randomUniform } from './random';

// All of this is float32 arithmetic, whose results are the same wherever they are rounded as IEEE 754 says, unlike those of the
// engines' logarithms and cosines: the same key gives the same bits in every engine, and in SIMD. The series leave out less than 4e-7.
const { fround } = Math;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** y·x + c, the next step of a polynomial. */
const next = (y: number, x: number, c: number) => fround(fround(fround(y) * x) + fround(c));

/**
 * √(−2·ln u) for u in (0, 1], where the logarithm is that of the exponent, and that of m from √½ to √2 by the series of
 * 2·artanh((m − 1)/(m + 1)). The products by powers of two, and m − 1, are exact.
 */
function radiusOf(u: number): number {
  float[0] = u;
  const exponent = (bits[0] - 0x3f3504f3) >> 23;
  bits[0] -= exponent << 23;
  const [m] = float;
  const s = fround((m - 1) / fround(m + 1));
  const q = fround(s * s);
  const logarithm = next(exponent, fround(Math.LN2), s * next(next(next(2 / 7, q, 0.4), q, 2 / 3), q, 2));
  return fround(Math.sqrt(-2 * logarithm));
}

/** The cosine and the sine of the last angle. */
const wave = new Float32Array(2);

/** Computes the waves of an angle, given as a part of a turn in units of 2⁻³². */
function turnBy(part: number): void {
  // A quarter turn, whose bits leave out its fraction, and an angle from −π/4 to π/4.
  const turn = part + 2 ** 29;
  const quarter = turn / 2 ** 30;
  const angle = fround(fround((turn % 2 ** 30) - 2 ** 29) * fround(Math.PI / 2 ** 31));
  const q = fround(angle * angle);
  const odd = quarter & 1;
  wave[odd] = next(next(next(next(1 / 40320, q, -1 / 720), q, 1 / 24), q, -0.5), q, 1);
  wave[1 - odd] = angle * next(next(next(-1 / 5040, q, 1 / 120), q, -1 / 6), q, 1);
  wave[0] *= 1 - ((quarter + 1) & 2);
  wave[1] *= 1 - (quarter & 2);
}

/**
 * Fills an array with draws from a normal distribution of mean 0, by the Box–Muller transform: words 2j and 2j + 1 of the stream give
 * the radius and the angle of elements 2j and 2j + 1.
 */
export function fillNormal(key: RandomKey, deviation: number, values: Float32Array): Float32Array {
  const words = randomBits(key, new Uint32Array(values.length + 1));
  for (let i = 0; i < values.length; i += 2) {
    const radius = fround(fround(deviation) * radiusOf((fround(words[i]) + 0.5) * 2 ** -32));
    turnBy(words[i + 1]);
    values[i] = radius * wave[0];
    // Beyond the last one, it is ignored.
    values[i + 1] = radius * wave[1];
  }
  return values;
}

/**
 * Draws `count` numbers from the standard normal distribution, by the Box–Muller transform of the substreams `radius` and `angle`.
 * They are float32 numbers, the same in every engine.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a count that is not an integer at least 0.
 */
export function randomNormal(key: RandomKey, count: number): Float64Array {
  const [radii, angles] = ['radius', 'angle'].map((name) => randomUniform(foldIn(key, name), count));
  return Float64Array.from(radii, (u, i) => {
    turnBy(angles[i] * 2 ** 32);
    return fround(radiusOf(1 - u) * wave[0]);
  });
}
