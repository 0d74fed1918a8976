import { gelu as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The Gaussian error linear unit, in its exact form. */
export const gelu: Activation<never> = {
  name: 'gelu',
  title: 'GELU',
  summary: 'z·Φ(z), with the normal distribution’s Φ',
  hyperparameters: {},
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }) => operation({ z }),
};
