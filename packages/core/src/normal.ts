import { type RandomKey, randomBits } from './random';

const { fround } = Math;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** y·x + c, the next step of a polynomial. */
const next = (y: number, x: number, c: number) => fround(fround(y * x) + fround(c));

/**
 * Fills an array with draws from a normal distribution of mean 0, by the Box–Muller transform: words 2j and 2j + 1 of the stream give
 * the radius and the angle of elements 2j and 2j + 1.
 *
 * All of it is float32 arithmetic, whose results are the same wherever they are rounded as IEEE 754 says, unlike those of the engines'
 * logarithms and cosines: the same key gives the same bits in every engine, and in SIMD. The series leave out less than 4e-7.
 */
export function fillNormal(key: RandomKey, deviation: number, values: Float32Array): Float32Array {
  const words = randomBits(key, new Uint32Array(values.length + 1));
  for (let i = 0; i < values.length; i += 2) {
    // The logarithm of a number in (0, 1], which is finite.
    const radius = fround(fround(deviation) * fround(Math.sqrt(-2 * logarithm(words[i]))));
    // A quarter turn, whose bits leave out its fraction, and an angle from −π/4 to π/4.
    const turn = words[i + 1] + 2 ** 29;
    const quarter = turn / 2 ** 30;
    const angle = fround(fround((turn % 2 ** 30) - 2 ** 29) * fround(Math.PI / 2 ** 31));
    const q = fround(angle * angle);
    const sine = fround(angle * next(next(next(-1 / 5040, q, 1 / 120), q, -1 / 6), q, 1));
    const cosine = next(next(next(next(1 / 40320, q, -1 / 720), q, 1 / 24), q, -0.5), q, 1);
    const [x, y] = quarter & 1 ? [sine, cosine] : [cosine, sine];
    values[i] = radius * ((quarter + 1) & 2 ? -x : x);
    // Beyond the last one, it is ignored.
    values[i + 1] = radius * (quarter & 2 ? -y : y);
  }
  return values;
}

/**
 * ln((w + ½)/2³²) of a word w: that of the exponent, and that of m from √½ to √2 by the series of 2·artanh((m − 1)/(m + 1)). Products by
 * powers of two, and m − 1, are exact.
 */
function logarithm(word: number): number {
  float[0] = (fround(word) + 0.5) * 2 ** -32;
  const exponent = (bits[0] - 0x3f3504f3) >> 23;
  bits[0] -= exponent << 23;
  const [m] = float;
  const s = fround((m - 1) / fround(m + 1));
  const q = fround(s * s);
  return next(exponent, fround(Math.LN2), s * next(next(next(2 / 7, q, 0.4), q, 2 / 3), q, 2));
}
