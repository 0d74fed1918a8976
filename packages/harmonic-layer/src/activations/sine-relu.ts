import { sineRelu as operation } from '@harmonic-mlp/core';
import { frequencyScaledWeights } from '../initializer';
import type { Activation } from './activation';

/** A rectifier with a wave on top of it, with a period p for each unit. */
export const sineRelu: Activation<'amplitude'> = {
  name: 'sine-relu',
  title: 'sine + ReLU',
  summary: 'max(0, z) + a·sin(2π·z/p), with a period p for each unit',
  hyperparameters: {
    amplitude: { summary: 'the amplitude a of the sine', default: 0.5, min: -1e30, max: 1e30 },
  },
  hasPeriods: true,
  initialize: ({ inputSize, periods }, key) => frequencyScaledWeights(inputSize, periods!, key),
  activate: ({ z, periods }, { amplitude }) => operation({ z, periods: periods! }, { amplitude }),
};
