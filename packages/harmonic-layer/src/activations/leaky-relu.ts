import { leakyRelu as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The leaky rectifier. */
export const leakyRelu: Activation<'slope'> = {
  name: 'leaky-relu',
  title: 'leaky ReLU',
  summary: 'max(0, z) + a·min(0, z)',
  hyperparameters: { slope: { summary: 'the slope a below 0', default: 0.01, min: -1e30, max: 1e30 } },
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }, { slope }) => operation({ z }, { slope }),
};
