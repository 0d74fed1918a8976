import { sinc as operation } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The cardinal sine (Saratchandran et al., 2024). */
export const sinc: Activation<'omega'> = {
  name: 'sinc',
  summary: 'sin(ω·z)/(ω·z)',
  hyperparameters: { omega: { summary: 'the angular frequency ω', default: 30, above: 0, max: 1e6 } },
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }, { omega }) => operation({ z }, { omega }),
};
