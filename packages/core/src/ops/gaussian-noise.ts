import { type Tensor2D, tensor } from '@tensorflow/tfjs-core';
import { fillNormal } from '../normal';
import { defineOperation } from '../operation';
import { type RandomKey, requireKey } from '../random';
import { requireAttributes, requireLengths } from './require-attributes';

/** Settings of Gaussian noise. */
export interface GaussianNoiseAttributes {
  /** The shape. */
  shape: [number, number];
  /** The standard deviation σ, at least 0. */
  deviation: number;
  /** The random stream; its words 2j and 2j + 1 make elements 2j and 2j + 1. */
  key: RandomKey;
}

/**
 * Independent draws from a normal distribution of mean 0, the same bits in every engine: elements 2j and 2j + 1 are the Box–Muller
 * transform of words 2j and 2j + 1 of the stream. It has no inputs and no gradient.
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
    return tensor(fillNormal(key, deviation, new Float32Array(rows * columns)), shape);
  },
});
