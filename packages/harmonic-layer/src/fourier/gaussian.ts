import { foldIn, randomUniform } from '@harmonic-mlp/core';
import type { FourierEncoding } from './encoding';

/** Frequencies drawn from a normal distribution by the Box–Muller transform (Tancik et al., 2020). */
export const gaussian: FourierEncoding<'features' | 'deviation'> = {
  name: 'gaussian',
  summary: 'frequencies drawn from a normal distribution, for waves in all directions',
  hyperparameters: {
    features: { summary: 'the number of frequencies', default: 64, integer: true, min: 1, max: 65_536 },
    deviation: { summary: 'their standard deviation, in cycles per unit', default: 1, above: 0, max: 1e6 },
  },
  featuresOf: (_, { features }) => features,
  frequenciesOf(inputs, { features, deviation }, key) {
    const radii = randomUniform(foldIn(key, 'radius'), inputs * features);
    const angles = randomUniform(foldIn(key, 'angle'), inputs * features);
    return radii.map(
      (u, i) => deviation * Math.sqrt(-2 * Math.log1p(-u)) * Math.cos(2 * Math.PI * angles[i]),
    );
  },
};
