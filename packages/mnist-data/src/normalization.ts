import { requireKnown, requireNumber } from '@harmonic-mlp/core';
import { requirePixels } from './require-array';

/** The shift and scale that give inputs about zero mean and unit standard deviation. */
export interface Normalization {
  /** The value to subtract: the mean of the training set. */
  mean: number;
  /** The value to divide by: the standard deviation of the training set, greater than 0. */
  std: number;
}

const identity: Normalization = { mean: 0, std: 1 };

/** Checks the two numbers, and returns them. */
export function requireNormalization(normalization: Normalization): Normalization {
  const given: Partial<Normalization> = Object(normalization);
  requireKnown(given, ['mean', 'std'], 'normalization');
  requireNumber('normalization.mean', given.mean, {});
  requireNumber('normalization.std', given.std, { above: 0 });
  return normalization;
}

/** The normalized value for each of the 256 pixel values: `(p/255 − mean)/std`, rounded once. */
export function pixelTable({ mean, std }: Normalization = identity): Float32Array {
  return Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / std);
}

/**
 * Converts pixels to inputs of a model, `(p/255 − mean)/std`: for images that are not in a data set, such as a drawing.
 *
 * @param pixels bytes, 0 to 255, of any number of images.
 * @param normalization the normalization of the data set that the model was trained on. Default: mean 0, std 1.
 * @returns as many float32 values.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if std is not positive or the pixels are not bytes.
 * @example
 * ```ts
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const drawing = new Uint8Array(784).fill(0);
 * const inputs = tf.tensor2d(normalizePixels(drawing, mnist.normalization), [1, 784]);
 * ```
 */
export function normalizePixels(
  pixels: Uint8Array | Uint8ClampedArray,
  normalization: Normalization = identity,
): Float32Array {
  const table = pixelTable(requireNormalization(normalization));
  const bytes = requirePixels('pixels', pixels);
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = table[bytes[i]];
  return values;
}

/**
 * Measures the mean and standard deviation of p/255 over pixels, to normalize your own training set.
 *
 * @param pixels bytes, 0 to 255, at least one.
 * @returns both; std is 1 if all pixels are equal.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if there are no pixels, or if they are not bytes.
 */
export function measureNormalization(pixels: Uint8Array | Uint8ClampedArray): Normalization {
  const bytes = requirePixels('pixels', pixels);
  requireNumber('pixels.length', bytes.length, { integer: true, min: 1 });
  // Counted by value: exact, and a single integer pass over possibly many millions of pixels.
  const counts = new Float64Array(256);
  for (const pixel of bytes) counts[pixel]++;
  const average = (term: (pixel: number) => number) =>
    counts.reduce((sum, count, pixel) => sum + count * term(pixel / 255), 0) / bytes.length;
  const mean = average((p) => p);
  return { mean, std: Math.sqrt(average((p) => (p - mean) ** 2)) || 1 };
}
