import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { BatchForm, ExampleSource, Examples, UnusableTarget } from '../data';

/** What is measured beside the loss, as a mean over examples. */
export interface Metric<B extends Examples> {
  /** Under which results have it: `accuracy`. */
  readonly name: string;
  /** The metric's sum over a batch's examples, a new scalar on the backend. */
  sum(outputs: Tensor2D, batch: B): Scalar;
}

/**
 * What a model is trained for: which targets a batch has, the loss that is minimized, and what is measured beside it. It is
 * all that training, evaluation and checkpoints know of it.
 */
export interface Task<B extends Examples> extends BatchForm<B> {
  /** What it is called, `classification`. */
  readonly name: string;
  /** What is measured beside the loss. */
  readonly metrics: readonly Metric<B>[];
  /** The mean loss over a batch's examples, a new scalar; its gradient is followed. */
  loss(outputs: Tensor2D, batch: B): Scalar;
  /**
   * Checks that a data set is one of the task's, for a model of so many outputs.
   *
   * @throws {HarmonicError} `INVALID_SHAPE` when it does not fit.
   */
  requireData(argument: string, data: ExampleSource<B>, outputSize: number): void;
  /** Looks for a target of a batch that no loss can be computed with. */
  findUnusable(batch: B, outputSize: number): Promise<UnusableTarget | undefined>;
}
