import { HarmonicError } from '@harmonic-mlp/core';
import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** The harmonic series over and over, `first·(1 + i mod k)` for unit i, with k multiples up to `last`. */
export const cyclic: PeriodDistribution<'first' | 'last'> = {
  name: 'cyclic',
  summary: 'multiples of the first period up to the last, over and over',
  hyperparameters: {
    first: { summary: 'the period of the first unit, and the step', default: 1, ...periodBounds },
    last: { summary: 'the largest period', default: 8, ...periodBounds },
  },
  periodsOf(units, { first, last }) {
    // Rounding must not leave out the last one, as with steps of 0.1 up to 0.8.
    const multiples = Math.floor((last / first) * (1 + 1e-9));
    if (multiples < 1) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'last',
        value: last,
        allowed: `at least ${first}, the first period`,
      });
    }
    return periodsBy(units, (i) => first * (1 + (i % multiples)));
  },
};
