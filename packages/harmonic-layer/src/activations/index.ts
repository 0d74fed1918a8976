import { register } from '../table';
import { type Activation, requireActivation } from './activation';
import { harmonic } from './harmonic';
import { linear } from './linear';
import { relu } from './relu';

export { type Activation, type ActivationInputs, requireActivation } from './activation';
export { harmonic };

/** The activations by name: those of this package and those added with {@link registerActivation}. */
export const activations: { readonly [name: string]: Activation } = {
  harmonic,
  relu,
  linear,
};

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
