import { hosc as operation } from '@harmonic-mlp/core';
import { sirenWeights } from '../initializer';
import type { Activation } from './activation';

/** The hyperbolic oscillator HOSC (Serrano et al., 2024). */
export const hosc: Activation<'omega' | 'sharpness'> = {
  name: 'hosc',
  title: 'HOSC',
  summary: 'tanh(β·sin(ω·z)), from a sine to a square wave',
  hyperparameters: {
    omega: { summary: 'the angular frequency ω', default: 30, above: 0, max: 1e6 },
    sharpness: { summary: 'the sharpness β', default: 2, above: 0, max: 1e6 },
  },
  hasPeriods: false,
  initialize: (layer, key) => sirenWeights(layer, layer.hyperparameters.omega, key),
  initializeOutput: (layer, key) => sirenWeights(layer, layer.hyperparameters.omega, key),
  activate: ({ z }, { omega, sharpness }) => operation({ z }, { omega, sharpness }),
};
