import {
  argMax,
  cast,
  div,
  equal,
  exp,
  greater,
  log,
  max,
  mean,
  mul,
  neg,
  oneHot,
  type Scalar,
  scalar,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  where,
} from '@tensorflow/tfjs-core';
import { HarmonicError } from '../errors';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';

/** The predictions of a classifier, and the true classes. */
export type LogitsAndLabels = {
  /** [batch, classes]. */
  logits: Tensor2D;
  /** [batch], int32 class numbers from 0 to classes − 1. */
  labels: Tensor1D;
};

function requireLabels({ logits, labels }: LogitsAndLabels): void {
  const [batch] = requireShape('logits', logits, ['batch', 'classes']).shape;
  requireShape('labels', labels, [batch], { logits });
  if (labels.dtype !== 'int32') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'labels',
      value: labels,
      allowed: 'int32 class numbers',
      problem: `labels is a tensor of ${labels.dtype}; it must hold int32 class numbers.`,
    });
  }
}

/**
 * The mean cross-entropy of the softmax, `L = −1/B · Σ log softmax(logits)[label]`, in nats.
 *
 * @param inputs `logits` [batch, classes]; `labels` [batch], int32 class numbers from 0 to classes − 1.
 * @returns `[L, softmax(logits)]`: a scalar and [batch, classes]; only `L` is differentiable. L is infinite if a label is
 *   not a class number.
 * @throws {HarmonicError} `INVALID_SHAPE` if there is not one label per example; `INVALID_ARGUMENT` if the labels are not
 *   int32.
 */
export const softmaxCrossEntropy = defineOperation({
  name: 'HarmonicMLP.SoftmaxCrossEntropy',
  validate: requireLabels,
  compose({ logits, labels }: LogitsAndLabels): [Scalar, Tensor2D] {
    const shifted = sub(logits, max(logits, 1, true));
    const exponentials = exp(shifted);
    const total = sum(exponentials, 1, true);
    const logProbabilities = sub(shifted, log(total));
    const hot = oneHot(labels, logits.shape[1]);
    // A label that is not a class number gives a row of zeros, and so the loss of a confident, correct answer.
    const isClass = greater(sum(hot, 1), 0);
    const picked = where(isClass, sum(mul(logProbabilities, hot), 1), scalar(-Infinity));
    return [neg(mean(picked)) as Scalar, div(exponentials, total) as Tensor2D];
  },
  savedInputs: ['labels'],
  savedOutputs: [false, true],
  gradient: ([dy], saved) => {
    const [labels, probabilities] = saved as [Tensor1D, Tensor2D];
    return { logits: () => softmaxCrossEntropyGradient({ dy: dy as Scalar, probabilities, labels }) };
  },
});

/** The gradient of {@link softmaxCrossEntropy} with respect to the logits: `dy·(softmax − onehot(label))/B`. */
export const softmaxCrossEntropyGradient = defineOperation({
  name: 'HarmonicMLP.SoftmaxCrossEntropyGradient',
  compose({
    dy,
    probabilities,
    labels,
  }: {
    dy: Scalar;
    probabilities: Tensor2D;
    labels: Tensor1D;
  }): Tensor2D {
    const [batch, classes] = probabilities.shape;
    return mul(sub(probabilities, oneHot(labels, classes)), div(dy, batch));
  },
});

/** The number of examples whose largest logit is the one of their label: a float32 scalar, not differentiable. */
export const countCorrect = defineOperation({
  name: 'HarmonicMLP.CountCorrect',
  validate: requireLabels,
  compose: ({ logits, labels }: LogitsAndLabels): Scalar =>
    sum(cast(equal(argMax(logits, 1), labels), 'float32')),
});
