import { register } from '../table';
import { type Activation, requireActivation } from './activation';
import { cosine } from './cosine';
import { fan } from './fan';
import { finer } from './finer';
import { gauss } from './gauss';
import { gelu } from './gelu';
import { hSiren } from './h-siren';
import { harmonic } from './harmonic';
import { harmonicGelu } from './harmonic-gelu';
import { harmonicRelu } from './harmonic-relu';
import { hosc } from './hosc';
import { leakyRelu } from './leaky-relu';
import { linear } from './linear';
import { phasedHarmonic } from './phased-harmonic';
import { relu } from './relu';
import { sigmoid } from './sigmoid';
import { silu } from './silu';
import { sinc } from './sinc';
import { sineRelu } from './sine-relu';
import { siren } from './siren';
import { snake } from './snake';
import { staf } from './staf';
import { tanh } from './tanh';
import { wire } from './wire';

export {
  type Activation,
  type ActivationInputs,
  type ActivationVectors,
  type Layout,
  layoutOf,
  requireActivation,
} from './activation';
export { outputOf } from './output-of';
// One by one, so that a bundle carries only those that a program uses.
export {
  cosine,
  fan,
  finer,
  gauss,
  gelu,
  harmonic,
  harmonicGelu,
  harmonicRelu,
  hosc,
  hSiren,
  leakyRelu,
  linear,
  phasedHarmonic,
  relu,
  sigmoid,
  silu,
  sinc,
  sineRelu,
  siren,
  snake,
  staf,
  tanh,
  wire,
};

/** Those of this package. */
const own = {
  harmonic,
  'harmonic-phase': phasedHarmonic,
  cosine,
  'sine-relu': sineRelu,
  'harmonic-relu': harmonicRelu,
  'harmonic-gelu': harmonicGelu,
  fan,
  siren,
  finer,
  'h-siren': hSiren,
  wire,
  gauss,
  snake,
  staf,
  hosc,
  sinc,
  relu,
  'leaky-relu': leakyRelu,
  gelu,
  silu,
  tanh,
  sigmoid,
  linear,
} satisfies { readonly [name: string]: Activation };

/** The name of one of this package's activations, or of one added with {@link registerActivation}. */
export type ActivationName = keyof typeof own | (string & {});

/** The activations by name: those of this package and those added with {@link registerActivation}. */
export const activations: { readonly [name: string]: Activation } = own;

/**
 * Adds your own activation to {@link activations}, so that options can name it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a part that is missing, unknown, or of the wrong type, and for a name that
 *   is taken or not in lowercase.
 * @example
 * ```ts
 * import { defineOperation } from '@harmonic-mlp/core';
 *
 * const gaussian = defineOperation({
 *   name: 'HarmonicMLP.Gaussian',
 *   compose: ({ z }: { z: tf.Tensor2D }, { width }: { width: number }) =>
 *     tf.exp(tf.mul(tf.square(tf.div(z, width)), -0.5)),
 *   savedInputs: ['z'],
 *   savedOutputs: [true],
 *   gradient: (dy, [z, y], { width }) => ({ z: () => tf.mul(dy, tf.mul(y, tf.div(z, -(width ** 2)))) }),
 * });
 * registerActivation({
 *   name: 'gaussian',
 *   summary: 'exp(−z²/2w²)',
 *   hyperparameters: { width: { summary: 'the width w of the bell', default: 1, above: 0 } },
 *   hasPeriods: false,
 *   initialize: fanInUniform,
 *   activate: gaussian,
 * });
 * const layer = makeLayer({ inputSize: 2, units: 64, activation: 'gaussian', width: 0.5 });
 * ```
 */
export function registerActivation<Name extends string>(activation: Activation<Name>): void {
  register(activations, 'activation', requireActivation(activation as Activation));
}
