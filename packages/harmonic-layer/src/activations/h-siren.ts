import { hyperbolicSine, sine } from '@harmonic-mlp/core';
import { sirenWeights, uniformWeights } from '../initializer';
import type { Activation } from './activation';

/** H-SIREN (Gao and Jaiman, 2024): SIREN with a first layer whose waves get shorter away from 0. */
export const hSiren: Activation<'omega' | 'weightRange'> = {
  name: 'h-siren',
  title: 'H-SIREN',
  summary: 'sin(sinh(2z)) in the first layer, sin(ω·z) in the others',
  hyperparameters: {
    omega: { summary: 'the angular frequency ω', default: 30, above: 0, max: 1e6 },
    // sinh 4 = 27: phases about as large as those of a SIREN with ω = 30.
    weightRange: {
      summary: 'draws the weights of the first layer from −k/inputs to k/inputs',
      default: 2,
      above: 0,
      max: 1e3,
    },
  },
  hasPeriods: false,
  initialize(layer, key) {
    const { inputSize, units, isFirst, hyperparameters } = layer;
    if (!isFirst) return sirenWeights(layer, hyperparameters.omega, key);
    return uniformWeights(
      inputSize,
      new Float64Array(units).fill(hyperparameters.weightRange / inputSize),
      key,
    );
  },
  initializeOutput: (layer, key) => sirenWeights(layer, layer.hyperparameters.omega, key),
  activate: ({ z, isFirst }, { omega }) => (isFirst ? hyperbolicSine({ z }) : sine({ z }, { omega })),
};
