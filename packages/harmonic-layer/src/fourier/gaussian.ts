import { randomNormal } from '@harmonic-mlp/core';
import type { FourierEncoding } from './encoding';

/** Frequencies drawn from a normal distribution (Tancik et al., 2020). */
export const gaussian: FourierEncoding<'features' | 'deviation'> = {
  name: 'gaussian',
  summary: 'frequencies drawn from a normal distribution, for waves in all directions',
  hyperparameters: {
    features: { summary: 'the number of frequencies', default: 64, integer: true, min: 1, max: 65_536 },
    deviation: { summary: 'their standard deviation, in cycles per unit', default: 1, above: 0, max: 1e6 },
  },
  featuresOf: (_, { features }) => features,
  frequenciesOf: (inputs, { features, deviation }, key) =>
    Float32Array.from(randomNormal(key, inputs * features), (normal) => deviation * normal),
};
