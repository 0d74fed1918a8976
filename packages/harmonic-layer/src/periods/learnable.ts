import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** Periods that are trained with the layer; their logarithms are, so they stay positive. */
export const learnable: PeriodDistribution<'initial'> = {
  name: 'learnable',
  summary: 'trained with the layer, from one initial period for all units on',
  hyperparameters: { initial: { summary: 'the initial period', default: 8, ...periodBounds } },
  isLearnable: true,
  periodsOf: (units, { initial }) => periodsBy(units, () => initial),
};
