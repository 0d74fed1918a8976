import { wire as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The real Gabor wavelet of WIRE (Saragadam et al., 2023). */
export const wire: Activation<'omega' | 'scale'> = {
  name: 'wire',
  title: 'WIRE',
  summary: 'cos(ω·z)·exp(−(s·z)²), a real Gabor wavelet',
  hyperparameters: {
    omega: { summary: 'the angular frequency ω', default: 20, above: 0, max: 1e6 },
    scale: { summary: 'the scale s', default: 10, above: 0, max: 1e6 },
  },
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }, { omega, scale }) => operation({ z }, { omega, scale }),
};
