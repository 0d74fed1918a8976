import { mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import { requireAttributes } from './require-attributes';

/**
 * A step of gradient descent for one parameter of any shape, `w − lr·u`.
 *
 * @param inputs `parameter` w; `update` u, of the same shape.
 * @param attributes `learningRate`: lr.
 * @returns the new value of the parameter.
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ; `INVALID_ARGUMENT` for a rate that is not finite and for an unknown
 *   attribute.
 */
export const descend = defineOperation({
  name: 'HarmonicMLP.Descend',
  dynamicAttributes: ['learningRate'],
  validate(
    { parameter, update }: { parameter: Tensor; update: Tensor },
    attributes: { learningRate: number },
  ) {
    requireAttributes(attributes, 'descend({ parameter, update }, { learningRate: 0.1 })', {
      learningRate: {},
    });
    requireShape('update', update, parameter.shape, { parameter });
  },
  compose: ({ parameter, update }, { learningRate }): Tensor => sub(parameter, mul(update, learningRate)),
});
