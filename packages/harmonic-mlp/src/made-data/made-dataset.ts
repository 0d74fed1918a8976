import {
  foldIn,
  type RandomKey,
  randomKey,
  randomNormal,
  randomUniform,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import type { ExampleValues } from '../data';

/** A data set that is made by a formula rather than read from files. */
export interface MadeDataset {
  /** Its name in options, in lowercase. */
  readonly name: string;
  /** Its formula, as a phrase. */
  readonly summary: string;
  /** What a model of it is for. */
  readonly task: 'regression' | 'classification';
  /** The width of the input. */
  readonly inputSize: number;
  /** The number of classes of a classification. */
  readonly classes?: number;
  /**
   * Makes examples.
   *
   * @param key the random stream that they are drawn from.
   */
  draw(count: number, key: RandomKey): MadeExamples;
}

/** Examples as values, without noise. */
export interface MadeExamples {
  /** [count, inputSize], row-major, from −1 to 1. */
  readonly inputs: Float32Array;
  /** Numbers, or classes counted from 0, [count]. */
  readonly targets: Float32Array;
}

/** What defines the examples of a {@link MadeDataset}. */
export interface MadeDataOptions {
  /** The number of examples. Default 512. */
  examples?: number;
  /** The seed of the draws, an integer. Default 0. */
  seed?: number;
  /** The standard deviation of Gaussian noise in the targets of a regression, or in the inputs of a classification. Default 0. */
  noise?: number;
  /** Which draws: examples for training, or others to test on. Default `train`. */
  part?: 'train' | 'test';
}

/**
 * Makes the examples of a data set; the same options give the same examples on every platform.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown.
 * @example
 * ```ts
 * import { HarmonicMLP } from 'harmonic-mlp';
 *
 * const data = makeData(waves, { examples: 256, noise: 0.1 });
 * const model = await HarmonicMLP.forData(data, { task: 'regression', hidden: [64] });
 * await model.fit(data, { epochs: 3, batchSize: 32 });
 * ```
 */
export function makeData(dataset: MadeDataset, options?: MadeDataOptions): ExampleValues {
  const {
    examples = 512,
    seed = 0,
    noise = 0,
    part = 'train',
  } = requireOptions('options', options, 'makeData(waves, { examples: 256, seed: 1 })', {
    examples: true,
    seed: true,
    noise: true,
    part: true,
  });
  requireNumber('examples', examples, { integer: true, min: 1 });
  requireNumber('noise', noise, { min: 0 });
  requireOneOf('part', part, ['train', 'test']);
  const key = foldIn(foldIn(randomKey(seed), dataset.name), part);
  const { inputs, targets } = dataset.draw(examples, foldIn(key, 'examples'));
  const noisy = dataset.task === 'regression' ? targets : inputs;
  if (noise > 0) {
    randomNormal(foldIn(key, 'noise'), noisy.length).forEach((normal, i) => {
      noisy[i] += noise * normal;
    });
  }
  return { inputs, targets };
}

/** Numbers from −1 to 1: one from each of as many equal parts of the interval, so that they leave no large gaps. */
export function spread(count: number, key: RandomKey): Float32Array {
  const draws = randomUniform(key, count);
  return draws.map((draw, i) => (2 * (i + draw)) / count - 1);
}

/** A function of one number from −1 to 1, to be learned by regression. */
export const functionOf = (name: string, summary: string, f: (x: number) => number): MadeDataset => ({
  name,
  summary,
  task: 'regression',
  inputSize: 1,
  draw(count, key) {
    const inputs = spread(count, key);
    return { inputs, targets: inputs.map(f) };
  },
});
