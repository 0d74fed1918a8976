import { clone, type Tensor2D, add as tfAdd } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';

/**
 * The sum `a + b` of tensors of one shape.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ.
 */
export const add = defineOperation({
  name: 'HarmonicMLP.Add',
  validate({ a, b }: { a: Tensor2D; b: Tensor2D }) {
    requireShape('b', b, a.shape, { a });
  },
  compose: ({ a, b }): Tensor2D => tfAdd(a, b),
  // Copies, which share their data: the tape disposes a gradient that it adds to another.
  gradient: (dy) => ({ a: () => clone(dy), b: () => clone(dy) }),
});
