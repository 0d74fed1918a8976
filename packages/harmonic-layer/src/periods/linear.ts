import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** Evenly spaced periods, `first + (last − first)·i/(n − 1)` for unit i of n. */
export const linear: PeriodDistribution<'first' | 'last'> = {
  name: 'linear',
  summary: 'evenly spaced from the first unit to the last',
  hyperparameters: {
    first: { summary: 'the period of the first unit', default: 1, ...periodBounds },
    last: { summary: 'the period of the last unit', default: 8, ...periodBounds },
  },
  periodsOf: (units, { first, last }) =>
    periodsBy(units, (i) => first + (last - first) * (units === 1 ? 0 : i / (units - 1))),
};
