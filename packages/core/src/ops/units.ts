import { concat, slice, type Tensor2D } from '@tensorflow/tfjs-core';
import { defineOperation, type Operation } from '../operation';
import { requireShape } from '../require-shape';
import { requireAttributes } from './require-attributes';

/**
 * Splits the units of a layer in two groups.
 *
 * @param inputs `x` [batch, units].
 * @param attributes `first`: the number of units in the first group, from 1 to units − 1.
 * @returns `[[batch, first], [batch, units − first]]`.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if a group would be empty.
 */
export const splitUnits: Operation<{ x: Tensor2D }, { first: number }, [Tensor2D, Tensor2D]> =
  defineOperation({
    name: 'HarmonicMLP.SplitUnits',
    validate({ x }, attributes) {
      const [, units] = requireShape('x', x, ['batch', 'units']).shape;
      requireAttributes(attributes, 'splitUnits({ x }, { first: 16 })', {
        first: { integer: true, min: 1, max: units - 1 },
      });
    },
    compose({ x }, { first }) {
      const [batch, units] = x.shape;
      return [slice(x, [0, 0], [batch, first]), slice(x, [0, first], [batch, units - first])];
    },
    gradient: ([first, second]) => ({
      x: () => joinUnits({ first: first as Tensor2D, second: second as Tensor2D }),
    }),
  });

/**
 * Joins two groups of units: `[first, second]` along the last axis.
 *
 * @param inputs `first` [batch, m], `second` [batch, n].
 * @returns [batch, m + n].
 * @throws {HarmonicError} `INVALID_SHAPE` if the numbers of examples differ.
 */
export const joinUnits: Operation<{ first: Tensor2D; second: Tensor2D }, object, Tensor2D> = defineOperation({
  name: 'HarmonicMLP.JoinUnits',
  validate({ first, second }) {
    const [batch] = requireShape('first', first, ['batch', 'units']).shape;
    requireShape('second', second, [batch, 'units'], { first });
  },
  compose: ({ first, second }): Tensor2D => concat([first, second], 1),
  savedInputs: ['first'],
  gradient(dy, [first]) {
    const [one, other] = splitUnits({ x: dy as Tensor2D }, { first: first.shape[1]! });
    return { first: () => one, second: () => other };
  },
});
