import { cappedHarmonicSeries } from '@harmonic-mlp/harmonic-layer';
import { type Network, withPeriods } from './network';

/** The hidden layers, with the period of each unit. */
export const hiddenLayers = [
  { units: 512, periods: cappedHarmonicSeries(512, { maxFreq: 5 }) },
  { units: 256, periods: cappedHarmonicSeries(256, { maxFreq: 3 }) },
];

export const inputSize = 784;
export const classes = 10;
export const residual = 0.1;

export const published: Network = {
  name: '784-512-256-10',
  task: 'classification',
  inputSize,
  hidden: hiddenLayers.map(({ periods }) => withPeriods(periods)),
  outputs: classes,
  residual,
  isNormalized: true,
  dropout: 0.2,
  learningRate: 1e-3,
  options: {},
};
