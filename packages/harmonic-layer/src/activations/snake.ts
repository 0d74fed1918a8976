import { snake as operation } from '@harmonic-mlp/core';
import { uniformWeights } from '../initializer';
import type { Activation } from './activation';

/** Snake (Ziyin et al., 2020), with a trained frequency for each unit. */
export const snake: Activation<'frequency'> = {
  name: 'snake',
  title: 'Snake',
  summary: 'z + sin²(a·z)/a, with a trained frequency a for each unit',
  hyperparameters: { frequency: { summary: 'the initial frequency a', default: 1, above: 0, max: 1e6 } },
  hasPeriods: false,
  initialize: ({ inputSize, units }, key) =>
    uniformWeights(inputSize, new Float64Array(units).fill(Math.sqrt(3 / inputSize)), key),
  vectors: ({ units, hyperparameters: { frequency } }) => ({
    trained: { frequencies: new Float32Array(units).fill(frequency) },
  }),
  activate: ({ z, vectors: { frequencies } }) => operation({ z, frequencies }),
};
