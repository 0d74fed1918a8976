import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** One period for all units. */
export const constant: PeriodDistribution<'period'> = {
  name: 'constant',
  summary: 'one period for all units',
  hyperparameters: { period: { summary: 'the period', default: 8, ...periodBounds } },
  periodsOf: (units, { period }) => periodsBy(units, () => period),
};
