import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** Periods in equal ratios, `first·(last/first)^(i/(n − 1))` for unit i of n: the same number of units in every octave. */
export const geometric: PeriodDistribution<'first' | 'last'> = {
  name: 'geometric',
  summary:
    'in equal ratios from the first unit to the last, so that every octave has the same number of units',
  hyperparameters: {
    first: { summary: 'the period of the first unit', default: 2, ...periodBounds },
    last: { summary: 'the period of the last unit', default: 64, ...periodBounds },
  },
  periodsOf: (units, { first, last }) =>
    periodsBy(units, (i) => first * (last / first) ** (units === 1 ? 0 : i / (units - 1))),
};
