import { relu as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The rectifier. */
export const relu: Activation<never> = {
  name: 'relu',
  title: 'ReLU',
  summary: 'max(0, z)',
  hyperparameters: {},
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }) => operation({ x: z }),
};
