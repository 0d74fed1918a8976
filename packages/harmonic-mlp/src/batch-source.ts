import { HarmonicError, type RandomKey } from '@harmonic-mlp/core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** Some examples; whoever asked for them disposes both tensors. */
export interface Batch {
  /** [size, inputSize], float32. */
  readonly inputs: Tensor2D;
  /** [size], int32 class numbers less than the model's classes; a data set checks that when it is made. */
  readonly labels: Tensor1D;
  /** The number of examples. */
  readonly size: number;
}

/** A labelled data set that can be walked in batches: a `LabelledDataset` of mnist-data, or anything of its shape. */
export interface BatchSource {
  /** The number of examples. */
  readonly size: number;
  /** The width of an input. */
  readonly inputSize: number;
  /** The number of classes. */
  readonly classes: number;
  /**
   * The examples in batches; the last one may be smaller.
   *
   * @param options `shuffle`: the random stream of the order, without which it is the data set's own;
   * `start`: the number of the first batch to give, counted from 0.
   */
  batches(options: { batchSize: number; shuffle?: RandomKey; start?: number }): Iterable<Batch>;
}

/** @throws {HarmonicError} `INVALID_SHAPE` when a data set is empty or does not fit a model. */
export function requireFit(
  { inputSize, classes }: { inputSize: number; classes: number },
  data: BatchSource,
): void {
  if (!(data.size >= 1)) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The data set has size ${data.size}; it must have at least one example.`,
    );
  }
  if (data.inputSize !== inputSize) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The data set's inputs are ${data.inputSize} wide, but the model takes ${inputSize}. Make the model with inputSize ${data.inputSize}.`,
    );
  }
  if (data.classes > classes) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The data set has ${data.classes} classes, but the model has ${classes}. Make the model with classes ${data.classes}.`,
    );
  }
}
