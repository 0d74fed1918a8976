import { randomNormal } from '@harmonic-mlp/core';
import { periodBounds } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** The magnitudes of draws from a normal distribution. */
export const gaussian: PeriodDistribution<'mean' | 'deviation'> = {
  name: 'gaussian',
  summary: 'the magnitudes of draws from a normal distribution',
  hyperparameters: {
    mean: { summary: 'its mean', default: 8, ...periodBounds },
    deviation: { summary: 'its standard deviation', default: 2, min: 0, max: periodBounds.max },
  },
  periodsOf: (units, { mean, deviation }, key) =>
    // A period near 0 would be a wave that no data resolve.
    Float32Array.from(randomNormal(key, units), (normal) =>
      Math.max(Math.abs(mean + deviation * normal), mean / 1000),
    ),
};
