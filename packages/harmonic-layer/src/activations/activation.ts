import type { RandomKey } from '@harmonic-mlp/core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Hyperparameters, HyperparameterValues } from '../hyperparameters';
import type { InitialWeights, LayerShape } from '../initializer';
import { type Parts, requireEntry } from '../table';

/** An activation function, and what a layer needs to know about it. `Name` is the union of its hyperparameters' names. */
export interface Activation<Name extends string = string> {
  /** Its name in options and saved models, in lowercase. */
  readonly name: string;
  /** Its display name, such as "ReLU". Default: the name itself. */
  readonly title?: string;
  /** Its formula, as a phrase. */
  readonly summary: string;
  /** The numbers that shape it, other than periods. */
  readonly hyperparameters: Hyperparameters<Name>;
  /** Whether each unit has a period. */
  readonly hasPeriods: boolean;
  /** Draws a layer's initial weights for its place in the network. {@link fanInUniform} draws those of a plain layer. */
  initialize(layer: LayerShape<Name>, key: RandomKey): InitialWeights;
  /**
   * Applies the function, using operations that have gradients, such as one made with `defineOperation` from
   * `@harmonic-mlp/core`.
   *
   * @returns [batch, units].
   */
  activate(inputs: ActivationInputs, hyperparameters: HyperparameterValues<Name>): Tensor;
}

/** The inputs of an {@link Activation}. */
export interface ActivationInputs {
  /** The pre-activations, [batch, units]. */
  readonly z: Tensor2D;
  /** The period of each unit, [units], if units have periods. */
  readonly periods?: Tensor1D;
}

const parts: Parts<Activation> = {
  name: 'string',
  title: 'string?',
  summary: 'string',
  hyperparameters: 'object',
  hasPeriods: 'boolean',
  initialize: 'function',
  activate: 'function',
};

/**
 * Checks that a value is an activation, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the part that is missing, unknown, or of the wrong type.
 */
export const requireActivation = (value: Activation): Activation =>
  requireEntry('activation', value, "registerActivation({ name: 'sine', … })", parts);
