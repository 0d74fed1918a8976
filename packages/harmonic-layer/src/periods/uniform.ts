import { HarmonicError, randomUniform } from '@harmonic-mlp/core';
import { periodBounds } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** Periods drawn evenly from an interval. */
export const uniform: PeriodDistribution<'shortest' | 'longest'> = {
  name: 'uniform',
  summary: 'drawn evenly from the shortest to the longest',
  hyperparameters: {
    shortest: { summary: 'the shortest period', default: 2, ...periodBounds },
    longest: { summary: 'the longest period', default: 64, ...periodBounds },
  },
  periodsOf(units, { shortest, longest }, key) {
    if (longest < shortest) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'longest',
        value: longest,
        allowed: `at least ${shortest}, the shortest period`,
      });
    }
    return randomUniform(key, units).map((u) => shortest + (longest - shortest) * u);
  },
};
