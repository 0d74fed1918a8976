import { foldIn, randomUniform } from '@harmonic-mlp/core';
import { periodBounds } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** The magnitudes of draws from a normal distribution, by the Box–Muller transform. */
export const gaussian: PeriodDistribution<'mean' | 'deviation'> = {
  name: 'gaussian',
  summary: 'the magnitudes of draws from a normal distribution',
  hyperparameters: {
    mean: { summary: 'its mean', default: 8, ...periodBounds },
    deviation: { summary: 'its standard deviation', default: 2, min: 0, max: periodBounds.max },
  },
  periodsOf(units, { mean, deviation }, key) {
    const radii = randomUniform(foldIn(key, 'radius'), units);
    const angles = randomUniform(foldIn(key, 'angle'), units);
    return radii.map((u, i) => {
      const normal = Math.sqrt(-2 * Math.log1p(-u)) * Math.cos(2 * Math.PI * angles[i]);
      // A period near 0 would be a wave that no data resolve.
      return Math.max(Math.abs(mean + deviation * normal), mean / 1000);
    });
  },
};
