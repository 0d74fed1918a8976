import { silu as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The sigmoid linear unit, also called Swish. */
export const silu: Activation<never> = {
  name: 'silu',
  title: 'SiLU',
  summary: 'z/(1 + e⁻ᶻ)',
  hyperparameters: {},
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }) => operation({ z }),
};
