import { gauss as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The Gaussian (Ramasinghe and Lucey, 2022). */
export const gauss: Activation<'scale'> = {
  name: 'gauss',
  title: 'Gauss',
  summary: 'exp(−(s·z)²)',
  hyperparameters: { scale: { summary: 'the scale s', default: 30, above: 0, max: 1e6 } },
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }, { scale }) => operation({ z }, { scale }),
};
