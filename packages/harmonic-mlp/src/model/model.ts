import type { RandomKey } from '@harmonic-mlp/core';
import type { HarmonicUnits } from '@harmonic-mlp/freq-optimizer';
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { ExampleSource, Examples } from '../data';
import { requireMethods } from '../require-methods';

/** Something about a model and its data that is likely to keep it from learning. */
export interface ModelConcern {
  /** What is the matter: the periods of a layer do not suit its inputs, or these do not vary. */
  readonly kind: 'long-periods' | 'short-periods' | 'constant-inputs';
  /** The path of the layer: `hidden.0`. */
  readonly layer: string;
  /** The number of waves that the layer's units see, as the median of `(max z − min z)/p` over the units with a period. */
  readonly waves: number;
  /** What is the matter and what to do, in sentences. */
  readonly message: string;
}

/** What training, evaluation, and checkpoints need of a model. {@link HarmonicMLP} is one; you can write others. */
export interface Model {
  /**
   * The name of this kind of model in its files, so that another kind does not read them. Default `custom`.
   */
  readonly architecture?: string;
  /** The configuration, plain JSON. A checkpoint keeps it, and can only be resumed by a model that has the same one. */
  readonly config: object;
  /** The width of the input. */
  readonly inputSize: number;
  /** The width of the output. */
  readonly outputSize: number;
  /** The seed of the shuffles and dropout masks of a run that is not given its own. */
  readonly seed: number;
  /** The smallest batch that the model can be trained on: 2 with batch normalization, otherwise 1. */
  readonly smallestBatch: number;
  /** The variables that the optimizer trains, by path: `hidden.0/kernel`, … */
  readonly parameters: Readonly<Record<string, Variable>>;
  /** Everything that makes up the trained model, by path: the parameters, and statistics that are not trained. */
  readonly variables: Readonly<Record<string, Variable>>;
  /** The layers whose units have periods, for a frequency-aware optimizer. */
  readonly harmonicLayers: readonly HarmonicUnits[];
  /** Whether the weights have been freed. */
  readonly isDisposed: boolean;
  /**
   * Whether training steps do the same operations for all batches of one shape, so that a recording of one stands for all: not if
   * {@link forward} or {@link constrain} depends on anything but tensors and the key. Default false.
   */
  readonly isPure?: boolean;
  /** @throws {HarmonicError} `UNSUPPORTED` if the weights have been freed. */
  requireAlive(): void;
  /** Brings the parameters back to where the model allows them to be; called after each step of the optimizer. */
  constrain?(): void;
  /**
   * Looks at how the model begins to compute the first batch of a new run.
   *
   * @param x [batch, inputSize].
   * @returns what is likely to keep it from learning; empty if nothing is.
   */
  findConcerns?(x: Tensor2D): Promise<readonly ModelConcern[]>;
  /**
   * What the hidden layers give to the next one in inference, by path, for those who look into the model as it learns.
   *
   * @param x [batch, inputSize].
   * @returns [batch, units] for each, new tensors.
   */
  hiddenActivations?(x: Tensor2D): Readonly<Record<string, Tensor2D>>;
  /**
   * Takes what the model needs to know of the training data, such as the units of the targets. It is awaited before the first
   * step of a run that is not resumed, once everything else is checked.
   *
   * @throws {HarmonicError} `INVALID_DATA` for data that cannot be used.
   */
  prepare?(train: Pick<ExampleSource<Examples>, 'batches'>): Promise<void>;
  /**
   * Computes the outputs for a batch, a new tensor.
   *
   * @param x [batch, inputSize].
   * @param dropoutKey in training, the random stream of the step's dropout masks. Default: inference.
   * @returns [batch, outputSize].
   */
  forward(x: Tensor2D, dropoutKey?: RandomKey): Tensor2D;
}

/**
 * Checks that a value is a model that can be used.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else; `UNSUPPORTED` if its weights have been freed.
 */
export function requireModel(model: Model): void {
  requireMethods('model', model, ['forward', 'requireAlive'], 'a HarmonicMLP, or another Model');
  model.requireAlive();
}
