import { binaryCrossEntropy, describeValue, HarmonicError } from '@harmonic-mlp/core';
import {
  cast,
  equal,
  greater,
  mean,
  type Scalar,
  sum,
  Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Examples } from '../data';
import { targetFault, unusableTarget, widthFault } from './targets';
import type { Task } from './task';

/** A batch with several labels for each example; the caller disposes the tensors. */
export interface MultiLabelBatch extends Examples {
  /** `[size, outputs]`: 1 for each label that an example has, 0 for the others. */
  readonly targets: Tensor2D;
  /** The weights of the examples in the loss, [size]. Default: ones. */
  readonly weights?: Tensor1D;
}

/**
 * Any number of labels for each example: the outputs are logits, the loss is the mean binary cross-entropy of their sigmoids, in
 * nats, and the metric `accuracy` is the fraction of labels, over examples and outputs, on whose side of 1/2 the sigmoid is.
 */
export const multiLabel: Task<MultiLabelBatch> = {
  name: 'multi-label',
  metrics: [
    {
      name: 'accuracy',
      sum: (outputs, { targets }) =>
        tidy(
          () => sum(mean(cast(equal(greater(outputs, 0), greater(targets, 0.5)), 'float32'), 1)) as Scalar,
        ),
    },
  ],
  loss: (outputs, { targets, weights }) => tidy(() => binaryCrossEntropy({ outputs, targets, weights })[0]),
  requireData(argument, data, outputSize) {
    const fault = widthFault(data, outputSize);
    if (fault !== undefined) throw new HarmonicError('INVALID_SHAPE', { argument, value: data, ...fault });
  },
  describeBatch: (inputSize) =>
    `{ inputs, targets, size }: a tensor [size, ${inputSize}], a float32 tensor [size, outputs], and the number of examples`,
  faultOf: ({ inputs, targets }) =>
    targets instanceof Tensor
      ? targetFault(inputs!, targets)
      : `has targets that are ${describeValue(targets)}`,
  findUnusable: ({ targets }) =>
    unusableTarget(targets, (value) => value >= 0 && value <= 1, 'a number from 0 to 1'),
};
