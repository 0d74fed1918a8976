import type { HyperparameterValues } from '../hyperparameters';
import { requireInitialWeights } from '../initializer';
import type { Activation } from './activation';
import { linear } from './linear';

/**
 * The activation of the layer that computes a network's outputs: `linear`, with the initial weights that suit hidden units with
 * another activation.
 *
 * @param activation that of the hidden units.
 * @param hyperparameters theirs, complete.
 */
export function outputOf<Name extends string>(
  { name, initializeOutput }: Activation<Name>,
  hyperparameters: HyperparameterValues<Name>,
): Activation<never> {
  if (initializeOutput === undefined) return linear;
  return {
    ...linear,
    initialize: (layer, key) =>
      requireInitialWeights(initializeOutput({ ...layer, hyperparameters }, key), layer, {
        activation: name,
        method: 'initializeOutput',
      }),
  };
}
