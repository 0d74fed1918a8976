import { foldIn, phasedHarmonic as operation, randomUniform } from '@harmonic-mlp/core';
import { frequencyScaledWeights } from '../initializer';
import type { Activation } from './activation';

/** `sin(2π·z/p + φ) + r·z`, with a period p for each unit and a phase φ, shared or drawn for each. */
export const phasedHarmonic: Activation<'phase' | 'phaseSpread' | 'residual'> = {
  name: 'harmonic-phase',
  summary: 'sin(2π·z/p + φ) + r·z, with a phase φ',
  hyperparameters: {
    // π/4, in digits: bundlers keep code that reads a property.
    phase: { summary: 'the phase φ, in radians', default: 0.7853981633974483, min: -1e3, max: 1e3 },
    phaseSpread: {
      summary: 'draws the phase of each unit from φ − s to φ + s; π for all phases',
      default: 0,
      min: 0,
      max: 1e3,
    },
    residual: { summary: 'the strength r of the residual connection', default: 0, min: -1e30, max: 1e30 },
  },
  hasPeriods: true,
  initialize: ({ inputSize, periods }, key) => frequencyScaledWeights(inputSize, periods!, key),
  vectors: ({ units, hyperparameters: { phase, phaseSpread } }, key) => ({
    fixed: {
      phases: randomUniform(foldIn(key, 'phases'), units).map((u) => phase + (2 * u - 1) * phaseSpread),
    },
  }),
  activate: ({ z, periods, vectors: { phases } }, { residual }) =>
    operation({ z, periods: periods!, phases }, { residual }),
};
