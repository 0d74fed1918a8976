import {
  countCorrect,
  describeValue,
  distributionCrossEntropy,
  HarmonicError,
  option,
  requireNumber,
  requireOptions,
  softmaxCrossEntropy,
} from '@harmonic-mlp/core';
import {
  add,
  cast,
  mul,
  oneHot,
  type Scalar,
  sum,
  Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { BatchRequest, ExampleSource, Examples } from '../data';
import { pure } from '../pure';
import { refused } from '../refused';
import type { Metric, Task } from './task';

/** A batch of labeled examples; the caller disposes both tensors. */
export interface Batch extends Examples {
  /** [size], int32 class numbers less than the model's number of classes; data sets check this when they are made. */
  readonly labels: Tensor1D;
  /** The weights of the examples in the loss, [size]. Default: ones. */
  readonly weights?: Tensor1D;
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
  sum: /* @__PURE__ */ pure(
    (logits: Tensor2D, { labels }: Batch) => countCorrect({ logits, labels }) as Scalar,
  ),
};

/** Settings of {@link classifier}. */
export interface ClassifierOptions {
  /**
   * ε of label smoothing (Szegedy et al., 2016), in [0, 1): the target is 1 − ε for the class of an example, plus ε/K for each of
   * the K classes. Default 0.
   */
  labelSmoothing?: number;
  /** The weight of each class in the loss, which multiplies the weights of its examples. Default: ones. */
  classWeights?: readonly number[];
}

/**
 * A {@link classification} with other settings.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown; for data, `INVALID_SHAPE` if there is
 *   not one weight for each class.
 */
/* @__NO_SIDE_EFFECTS__ */
export function classifier(options?: ClassifierOptions): Task<Batch> {
  const { labelSmoothing = 0, classWeights } = requireOptions(
    'options',
    options,
    'classifier({ labelSmoothing: 0.1 })',
    { labelSmoothing: true, classWeights: true },
  );
  requireNumber('labelSmoothing', labelSmoothing, { min: 0, below: 1 });
  if (classWeights !== undefined && !Array.isArray(classWeights))
    throw refused('classWeights', classWeights, 'a list of numbers, one for each class');
  for (const [i, weight] of (classWeights ?? []).entries())
    requireNumber(`classWeights[${i}]`, weight, { min: 0 });
  return {
    name: 'classification',
    metrics: [accuracy],
    loss: pure((logits: Tensor2D, { labels, weights }: Batch) => {
      if (labelSmoothing === 0 && classWeights === undefined && weights === undefined)
        return softmaxCrossEntropy({ logits, labels })[0] as Scalar;
      return tidy(() => {
        const classes = logits.shape[1];
        const hot = cast(oneHot(labels, classes), 'float32') as Tensor2D;
        const targets = add(mul(hot, 1 - labelSmoothing), labelSmoothing / classes) as Tensor2D;
        const ofClasses = classWeights && (sum(mul(hot, tensor1d([...classWeights])), 1) as Tensor1D);
        const factors = weights && ofClasses ? mul<Tensor1D>(weights, ofClasses) : (weights ?? ofClasses);
        return distributionCrossEntropy({ outputs: logits, targets, weights: factors })[0];
      });
    }),
    requireData(argument, data, outputSize) {
      requireClasses(argument, data, outputSize);
      if (classWeights === undefined || classWeights.length === outputSize) return;
      throw new HarmonicError('INVALID_SHAPE', {
        argument: 'classWeights',
        value: classWeights,
        allowed: `${outputSize} numbers, one for each class`,
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
}

/**
 * One of several classes for each example: the outputs are logits, the loss is the mean cross-entropy of their softmax, in nats,
 * and the metric is the accuracy.
 */
export const classification: Task<Batch> = /* @__PURE__ */ classifier();

function requireClasses(argument: string, data: ExampleSource<Batch>, outputSize: number): void {
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
}
