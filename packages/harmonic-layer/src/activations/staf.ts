import { foldIn, staf as operation, randomUniform } from '@harmonic-mlp/core';
import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** The sinusoidal trainable activation function STAF (Morsali et al., 2025). */
export const staf: Activation<'omega' | 'terms'> = {
  name: 'staf',
  title: 'STAF',
  summary: 'Σ b·sin(w·z + φ), with trained terms, whose w start between 0 and ω',
  hyperparameters: {
    omega: { summary: 'the angular frequency ω', default: 30, above: 0, max: 1e6 },
    terms: { summary: 'the number of terms', default: 5, integer: true, min: 1, max: 64 },
  },
  hasPeriods: false,
  initialize: fanInUniform,
  vectors({ hyperparameters: { omega, terms } }, key) {
    const draw = (name: string, value: (u: number) => number) =>
      randomUniform(foldIn(key, name), terms).map(value);
    return {
      trained: {
        frequencies: draw('frequencies', (u) => omega * u),
        phases: draw('phases', (u) => (2 * u - 1) * Math.PI),
        // The signed roots of draws from a Laplace distribution of scale 1/(2·terms), by its inverse.
        amplitudes: draw('amplitudes', (u) => {
          const magnitude = -Math.log1p(-Math.abs(2 * u - 1)) / (2 * terms);
          return Math.sign(2 * u - 1) * Math.sqrt(magnitude);
        }),
      },
    };
  },
  activate: ({ z, vectors: { frequencies, phases, amplitudes } }) =>
    operation({ z, frequencies, phases, amplitudes }),
};
