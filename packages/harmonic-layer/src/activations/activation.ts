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
  /** Whether units have periods. */
  readonly hasPeriods: boolean;
  /** How the columns of the kernel make up the units. Default: one column for each unit, with a period if units have periods. */
  readonly layout?: (units: number, hyperparameters: HyperparameterValues<Name>) => Layout;
  /** Draws a layer's initial weights for its place in the network. {@link fanInUniform} draws those of a plain layer. */
  initialize(layer: LayerShape<Name>, key: RandomKey): InitialWeights;
  /** Draws the initial weights of a linear layer that computes a network's outputs from such units. Default: {@link fanInUniform}. */
  readonly initializeOutput?: (layer: LayerShape<Name>, key: RandomKey) => InitialWeights;
  /** Draws the vectors that the function takes besides pre-activations and periods. Default: none. */
  readonly vectors?: (layer: LayerShape<Name>, key: RandomKey) => ActivationVectors;
  /**
   * Applies the function, using operations that have gradients, such as one made with `defineOperation` from
   * `@harmonic-mlp/core`.
   *
   * @returns [batch, units].
   */
  activate(inputs: ActivationInputs, hyperparameters: HyperparameterValues<Name>): Tensor;
}

/** How the columns of a layer's kernel make up its units; see {@link Activation}. */
export interface Layout {
  /** The number of columns of the kernel. */
  readonly columns: number;
  /** The number of columns that have a period: the first ones. */
  readonly periodic: number;
}

/** The vectors of a layer's activation, by name; see {@link Activation}. */
export interface ActivationVectors {
  /** Trained with the layer, of which they are weights. */
  readonly trained?: { readonly [name: string]: Float32Array };
  /** Constant. */
  readonly fixed?: { readonly [name: string]: Float32Array };
}

/** The inputs of an {@link Activation}. */
export interface ActivationInputs {
  /** The pre-activations, [batch, columns]. */
  readonly z: Tensor2D;
  /** The period of each column that has one, if units have periods. */
  readonly periods?: Tensor1D;
  /** The activation's vectors, by name. */
  readonly vectors: { readonly [name: string]: Tensor1D };
  /** The number of units. */
  readonly units: number;
  /** Whether this is the first layer of the network. */
  readonly isFirst: boolean;
}

const parts: Parts<Activation> = {
  name: 'string',
  title: 'string?',
  summary: 'string',
  hyperparameters: 'object',
  hasPeriods: 'boolean',
  layout: 'function?',
  initialize: 'function',
  initializeOutput: 'function?',
  vectors: 'function?',
  activate: 'function',
};

/**
 * Checks that a value is an activation, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the part that is missing, unknown, or of the wrong type.
 */
export const requireActivation = (value: Activation): Activation =>
  requireEntry('activation', value, "registerActivation({ name: 'sine', … })", parts);

/** The layout of an activation's layer with this many units. */
export const layoutOf = (
  { layout, hasPeriods }: Activation,
  units: number,
  hyperparameters: HyperparameterValues<string>,
): Layout => layout?.(units, hyperparameters) ?? { columns: units, periodic: hasPeriods ? units : 0 };
