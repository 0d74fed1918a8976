import { sigmoid as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The logistic function. */
export const sigmoid: Activation<never> = {
  name: 'sigmoid',
  summary: '1/(1 + e⁻ᶻ)',
  hyperparameters: {},
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }) => operation({ z }),
};
