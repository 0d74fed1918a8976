import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { BatchForm, ExampleSource, Examples, UnusableTarget } from '../data';

/** A measurement besides the loss: a mean over examples, or a number computed from several means. */
export interface Metric<B extends Examples> {
  /** Its name in results: `accuracy`. */
  readonly name: string;
  /**
   * The sum of the metric over the examples of a batch, a new scalar on the backend; or, for a metric with a `result`, several
   * sums, a new vector.
   */
  sum(outputs: Tensor2D, batch: B): Scalar | Tensor1D;
  /** The metric from the means of the sums over all examples. Default: the first. */
  readonly result?: (means: readonly number[]) => number;
}

/** The value of a metric, from its sums over a number of examples. */
export const metricValue = <B extends Examples>(
  { result = ([mean]) => mean }: Metric<B>,
  sums: readonly number[],
  examples: number,
): number => result(sums.map((sum) => sum / examples));

/**
 * What a model is trained for: the targets in a batch, the loss to minimize, and the metrics. Training, evaluation, and
 * checkpoints know nothing else about it.
 */
export interface Task<B extends Examples> extends BatchForm<B> {
  /** Its name: `classification`. */
  readonly name: string;
  /** What to measure besides the loss. */
  readonly metrics: readonly Metric<B>[];
  /** The mean loss over the examples of a batch, a new scalar; it is minimized. */
  loss(outputs: Tensor2D, batch: B): Scalar;
  /**
   * Checks that a data set fits the task and a model with this number of outputs.
   *
   * @throws {HarmonicError} `INVALID_SHAPE` if it does not.
   */
  requireData(argument: string, data: ExampleSource<B>, outputSize: number): void;
  /** Looks for a target in a batch for which no loss can be computed. */
  findUnusable(batch: B, outputSize: number): Promise<UnusableTarget | undefined>;
}
