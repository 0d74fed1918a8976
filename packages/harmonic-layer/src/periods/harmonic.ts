import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/**
 * Periods in harmonic progression, whose frequencies 1/p are evenly spaced: `1/p[i] = (1 − t)/first + t/last` with
 * `t = i/(n − 1)` for unit i of n.
 */
export const harmonic: PeriodDistribution<'first' | 'last'> = {
  name: 'harmonic',
  summary: 'in harmonic progression from the first unit to the last: their frequencies 1/p are evenly spaced',
  hyperparameters: {
    first: { summary: 'the period of the first unit', default: 2, ...periodBounds },
    last: { summary: 'the period of the last unit', default: 64, ...periodBounds },
  },
  periodsOf: (units, { first, last }) =>
    periodsBy(units, (i) => {
      const t = units === 1 ? 0 : i / (units - 1);
      return 1 / ((1 - t) / first + t / last);
    }),
};
