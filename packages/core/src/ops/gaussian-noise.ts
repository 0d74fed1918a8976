import { type Tensor2D, tensor } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { type RandomKey, randomBits, requireKey } from '../random';
import { requireAttributes, requireLengths } from './require-attributes';

/** Settings of Gaussian noise. */
export interface GaussianNoiseAttributes {
  /** The shape. */
  shape: [number, number];
  /** The standard deviation σ, at least 0. */
  deviation: number;
  /** The random stream; its words 2i and 2i + 1 make element i. */
  key: RandomKey;
}

/**
 * Independent draws from a normal distribution of mean 0, by the Box–Muller transform of two words of the stream each. It has no
 * inputs and no gradient.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting that is out of bounds or unknown.
 */
export const gaussianNoise = defineOperation({
  name: 'HarmonicMLP.GaussianNoise',
  dynamicAttributes: ['key'],
  validate(_: Record<never, never>, attributes: GaussianNoiseAttributes) {
    requireAttributes(attributes, 'gaussianNoise({}, { shape: [128, 512], deviation: 0.3, key })', {
      shape: requireLengths,
      deviation: { min: 0 },
      key: requireKey,
    });
  },
  compose(_, { shape, deviation, key }): Tensor2D {
    const [rows, columns] = shape;
    const words = randomBits(key, new Uint32Array(2 * rows * columns));
    const values = new Float32Array(rows * columns);
    for (let i = 0; i < values.length; i++) {
      // In (0, 1], so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log((words[2 * i] + 1) / 2 ** 32));
      values[i] = deviation * radius * Math.cos((2 * Math.PI * words[2 * i + 1]) / 2 ** 32);
    }
    return tensor(values, shape);
  },
});
