import type { RandomKey } from '@harmonic-mlp/core';
import type { HarmonicUnits } from '@harmonic-mlp/freq-optimizer';
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';

/** What training, evaluation and checkpoints ask of a model; {@link HarmonicMLP} is one, and yours may be another. */
export interface Model {
  /**
   * The name of this kind of model in its files, so that another kind does not read them. Default `custom`.
   */
  readonly architecture?: string;
  /** What makes the model again, plain JSON; a checkpoint keeps it, and is resumed only by a model of the same. */
  readonly config: object;
  /** The width of the input. */
  readonly inputSize: number;
  /** The width of the output. */
  readonly outputSize: number;
  /** What shuffles and dropout masks are drawn from, unless a run is given a seed of its own. */
  readonly seed: number;
  /** The fewest examples that it can be trained on at once: batch normalization takes two. */
  readonly smallestBatch: number;
  /** What the optimizer trains, by path: `hidden.0/kernel`, … */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** Everything that makes up the trained model, by path: the parameters, and statistics that move by themselves. */
  readonly variables: Readonly<Record<string, Variable>>;
  /** The weights whose units have a period, for a frequency-aware optimizer. */
  readonly harmonicLayers: readonly HarmonicUnits[];
  /** Whether its weights have been freed. */
  readonly isDisposed: boolean;
  /** @throws {HarmonicError} `UNSUPPORTED` when its weights have been freed. */
  requireAlive(): void;
  /**
   * The outputs for a batch, a new tensor.
   *
   * @param x [batch, inputSize].
   * @param dropoutKey in training, the random stream of the step's dropout masks. Default: inference.
   * @returns [batch, outputSize].
   */
  forward(x: Tensor2D, dropoutKey?: RandomKey): Tensor2D;
}
