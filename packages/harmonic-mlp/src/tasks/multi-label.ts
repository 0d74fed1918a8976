import { binaryCrossEntropy, type UsableNumbers } from '@harmonic-mlp/core';
import { cast, equal, greater, mean, type Scalar, sum, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { pure } from '../pure';
import { type TargetBatch, targetTask } from './targets';
import type { Task } from './task';

/** A batch with several labels for each example: its targets are 1 for each label that it has, and 0 for the others. */
export type MultiLabelBatch = TargetBatch;

/** Whether an example has a label, or how likely. */
export const labelNumbers: UsableNumbers = {
  isUsable: (value) => value >= 0 && value <= 1,
  allowed: 'a number from 0 to 1',
};

/**
 * Any number of labels for each example: the outputs are logits, the loss is the mean binary cross-entropy of their sigmoids, in
 * nats, and the metric `accuracy` is the fraction of labels, over examples and outputs, on whose side of 1/2 the sigmoid is.
 */
export const multiLabel: Task<MultiLabelBatch> = /* @__PURE__ */ targetTask(
  {
    name: 'multi-label',
    metrics: [
      {
        name: 'accuracy',
        sum: /* @__PURE__ */ pure((outputs: Tensor2D, { targets }: MultiLabelBatch) =>
          tidy(
            () => sum(mean(cast(equal(greater(outputs, 0), greater(targets, 0.5)), 'float32'), 1)) as Scalar,
          ),
        ),
      },
    ],
    loss: /* @__PURE__ */ pure((outputs: Tensor2D, { targets, weights }: MultiLabelBatch) =>
      tidy(() => binaryCrossEntropy({ outputs, targets, weights })[0]),
    ),
  },
  labelNumbers,
);
