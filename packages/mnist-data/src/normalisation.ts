import { requireNumber } from '@harmonic-mlp/core';
import { requirePixels } from './require-array';

/** The shift and scale that bring inputs to about zero mean and unit deviation. */
export interface Normalisation {
  /** What is subtracted: the mean over the training set. */
  mean: number;
  /** What is divided by: the standard deviation over the training set, above 0. */
  deviation: number;
}

const identity: Normalisation = { mean: 0, deviation: 1 };

/** Checks the two numbers, and returns them. */
export function requireNormalisation(normalisation: Normalisation): Normalisation {
  requireNumber('normalisation.mean', normalisation.mean, {});
  requireNumber('normalisation.deviation', normalisation.deviation, { above: 0 });
  return normalisation;
}

/** The normalised value of each of the 256 values of a pixel: `(p/255 − mean)/deviation`, rounded once. */
export function pixelTable({ mean, deviation }: Normalisation = identity): Float32Array {
  return Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / deviation);
}

/**
 * Pixels as a model's inputs, `(p/255 − mean)/deviation`: for images that are in no data set, such as a drawing.
 *
 * @param pixels bytes, 0 to 255, of any number of images.
 * @param normalisation of the data set that the model was trained on. Default: mean 0, deviation 1.
 * @returns as many float32 values.
 * @throws {HarmonicError} `INVALID_ARGUMENT` when the deviation is not positive, or the pixels are no bytes.
 * @example
 * ```ts
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const drawing = new Uint8Array(784).fill(0);
 * const inputs = tf.tensor2d(normalisePixels(drawing, mnist.normalisation), [1, 784]);
 * ```
 */
export function normalisePixels(
  pixels: Uint8Array | Uint8ClampedArray,
  normalisation: Normalisation = identity,
): Float32Array {
  const table = pixelTable(requireNormalisation(normalisation));
  const bytes = requirePixels('pixels', pixels);
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = table[bytes[i]];
  return values;
}

/**
 * The mean and the standard deviation of p/255 over pixels, by which a training set of your own is normalised.
 *
 * @param pixels bytes, 0 to 255, at least one.
 * @returns both; the deviation is 1 where all pixels are the same.
 * @throws {HarmonicError} `INVALID_ARGUMENT` when there is no pixel, or they are no bytes.
 */
export function measureNormalisation(pixels: Uint8Array | Uint8ClampedArray): Normalisation {
  const bytes = requirePixels('pixels', pixels);
  requireNumber('pixels.length', bytes.length, { integer: true, min: 1 });
  // Counted by value: exact, and one pass of integers over what may be many millions of pixels.
  const counts = new Float64Array(256);
  for (const pixel of bytes) counts[pixel]++;
  const average = (term: (pixel: number) => number) =>
    counts.reduce((sum, count, pixel) => sum + count * term(pixel / 255), 0) / bytes.length;
  const mean = average((p) => p);
  return { mean, deviation: Math.sqrt(average((p) => (p - mean) ** 2)) || 1 };
}
