import { sine } from '@harmonic-mlp/core';
import { sirenWeights } from '../initializer';
import type { Activation } from './activation';

/** The sine of SIREN (Sitzmann et al., 2020). */
export const siren: Activation<'omega'> = {
  name: 'siren',
  title: 'SIREN',
  summary: 'sin(ω·z)',
  hyperparameters: { omega: { summary: 'the angular frequency ω', default: 30, above: 0, max: 1e6 } },
  hasPeriods: false,
  initialize: (layer, key) => sirenWeights(layer, layer.hyperparameters.omega, key),
  initializeOutput: (layer, key) => sirenWeights(layer, layer.hyperparameters.omega, key),
  activate: ({ z }, { omega }) => sine({ z }, { omega }),
};
