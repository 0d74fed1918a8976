import { tanh as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The hyperbolic tangent. */
export const tanh: Activation<never> = {
  name: 'tanh',
  summary: 'tanh z',
  hyperparameters: {},
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }) => operation({ z }),
};
