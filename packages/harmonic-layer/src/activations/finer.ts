import { finer as operation } from '@harmonic-mlp/core';
import { sirenWeights, uniformWeights } from '../initializer';
import type { Activation } from './activation';

/** The variable-periodic sine of FINER (Liu et al., 2024). */
export const finer: Activation<'omega' | 'biasRange'> = {
  name: 'finer',
  title: 'FINER',
  summary: 'sin(ω·(|z| + 1)·z), whose waves get shorter away from 0',
  hyperparameters: {
    omega: { summary: 'the angular frequency ω', default: 30, above: 0, max: 1e6 },
    biasRange: {
      summary: 'draws the biases of the first layer from −k to k; the larger, the higher the frequencies',
      default: 1,
      min: 0,
      max: 1e6,
    },
  },
  hasPeriods: false,
  initialize(layer, key) {
    const { isFirst, units, hyperparameters } = layer;
    const weights = sirenWeights(layer, hyperparameters.omega, key);
    if (!isFirst) return weights;
    const range = new Float64Array(units).fill(hyperparameters.biasRange);
    return { ...weights, bias: uniformWeights(1, range, key).bias };
  },
  initializeOutput: (layer, key) => sirenWeights(layer, layer.hyperparameters.omega, key),
  activate: ({ z }, { omega }) => operation({ z }, { omega }),
};
