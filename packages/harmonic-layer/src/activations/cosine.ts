import { phasedHarmonic as operation } from '@harmonic-mlp/core';
import { frequencyScaledWeights } from '../initializer';
import type { Activation } from './activation';

/** `cos(2π·z/p)`, with a period p for each unit. */
export const cosine: Activation<never> = {
  name: 'cosine',
  summary: 'cos(2π·z/p), with a period p for each unit',
  hyperparameters: {},
  hasPeriods: true,
  initialize: ({ inputSize, periods }, key) => frequencyScaledWeights(inputSize, periods!, key),
  vectors: ({ units }) => ({ fixed: { phases: new Float32Array(units).fill(Math.PI / 2) } }),
  activate: ({ z, periods, vectors: { phases } }) =>
    operation({ z, periods: periods!, phases }, { residual: 0 }),
};
