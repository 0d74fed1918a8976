import { harmonic as operation } from '@harmonic-mlp/core';
import { frequencyScaledWeights } from '../initializer';
import type { Activation } from './activation';

/** `sin(2π·z/p) + r·z`, with a period p for each unit. */
export const harmonic: Activation<'residual'> = {
  name: 'harmonic',
  summary: 'sin(2π·z/p) + r·z, with a period p for each unit',
  hyperparameters: {
    // Beyond these, r·z leaves the range of float32.
    residual: { summary: 'the strength r of the residual connection', default: 0.1, min: -1e30, max: 1e30 },
  },
  hasPeriods: true,
  initialize: ({ inputSize, periods }, key) => frequencyScaledWeights(inputSize, periods!, key),
  activate: ({ z, periods }, { residual }) => operation({ z, periods: periods! }, { residual }),
};
