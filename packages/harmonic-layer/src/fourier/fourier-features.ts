import {
  foldIn,
  fourierFeatures,
  type RandomKey,
  randomKey,
  requireNumber,
  requireOptions,
  requireShape,
} from '@harmonic-mlp/core';
import { cast, type Tensor2D, tensor2d, tidy, type Variable, variable } from '@tensorflow/tfjs-core';
import { type EntryWithNumbers, parseEntry } from '../entry-text';
import { requireInput } from '../input';
import type { FourierEncoding } from './encoding';
import { gaussian } from './gaussian';
import { positional } from './positional';

/** The encodings by name. */
export const fourierEncodings: { readonly [name: string]: FourierEncoding } = { gaussian, positional };

/**
 * Reads an encoding from a text: its name, and its numbers in order, `gaussian:64,1`. Numbers left out have their defaults.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown encoding, with the nearest name, and for numbers that are too many or
 *   out of bounds.
 * @example
 * ```ts
 * parseFourierFeatures('gaussian:32').text; // => 'gaussian:32,1'
 * ```
 */
export const parseFourierFeatures = (text: string): EntryWithNumbers<FourierEncoding> =>
  parseEntry('fourierFeatures', text, fourierEncodings);

/** What defines {@link FourierFeatures}. */
export interface FourierFeaturesOptions {
  /** The width of the input. */
  inputSize: number;
  /** The frequencies, as {@link parseFourierFeatures} reads them: `gaussian:64,1` or `positional:6`. */
  encoding: string;
  /** The source of frequencies that are drawn: an integer seed, or a random key derived from one. Default: a random integer. */
  seed?: number | RandomKey;
}

/**
 * Fourier features of the input, `y = [sin 2π·xB, cos 2π·xB]`, so that a network of any activation can learn fine details (Tancik
 * et al., 2020). The frequencies B are not trained. Call {@link dispose} when they are no longer needed.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown.
 * @example
 * ```ts
 * const features = new FourierFeatures({ inputSize: 2, encoding: 'gaussian:64,1', seed: 1 });
 * const y = features.apply(tf.tensor2d([[0.5, -1]]));
 * y.shape; // => [ 1, 128 ]
 * ```
 */
export class FourierFeatures {
  /** B in cycles per unit of each input, [inputs, features]. */
  readonly frequencies: Variable;
  /** The width of the output, twice the number of frequencies. */
  readonly outputSize: number;
  /** The encoding, with all numbers: `gaussian:64,1`. */
  readonly encoding: string;

  constructor(given: FourierFeaturesOptions) {
    const options = requireOptions(
      'options',
      given,
      "new FourierFeatures({ inputSize: 2, encoding: 'gaussian:64,1' })",
      {
        inputSize: true,
        encoding: true,
        seed: true,
      },
    );
    const { seed = Math.floor(Math.random() * 2 ** 32) } = options;
    const inputSize = requireNumber('inputSize', options.inputSize, { integer: true, min: 1 });
    const { text, entry, hyperparameters } = parseFourierFeatures(String(options.encoding));
    const key = foldIn(randomKey(seed), 'frequencies');
    const frequencies = entry.frequenciesOf(inputSize, hyperparameters, key);
    const features = entry.featuresOf(inputSize, hyperparameters);
    this.encoding = text;
    this.outputSize = 2 * features;
    this.frequencies = tidy(() => variable(tensor2d(frequencies, [inputSize, features]), false));
  }

  /**
   * The features of a batch of inputs.
   *
   * @param x [batch, inputSize].
   * @returns [batch, outputSize], a new tensor.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if `x` is not a tensor, `INVALID_SHAPE` if its width is not `inputSize`.
   */
  apply(x: Tensor2D): Tensor2D {
    const inputSize = this.frequencies.shape[0]!;
    requireInput(x, inputSize);
    requireShape('x', x, ['batch', inputSize]);
    const frequencies = this.frequencies as unknown as Tensor2D;
    return tidy(() => fourierFeatures({ x: x.dtype === 'float32' ? x : cast(x, 'float32'), frequencies }));
  }

  /** Frees the frequencies. */
  dispose(): void {
    this.frequencies.dispose();
  }
}
