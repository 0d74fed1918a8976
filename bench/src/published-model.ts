import { cappedHarmonicSeries } from '@harmonic-mlp/harmonic-layer';
import { HarmonicMLP } from 'harmonic-mlp';
import type { Start, Weights } from './contender';

/** The hidden layers, with the period of each unit. */
export const hiddenLayers = [
  { units: 512, periods: cappedHarmonicSeries(512, { maxFreq: 5 }) },
  { units: 256, periods: cappedHarmonicSeries(256, { maxFreq: 3 }) },
];

export const inputSize = 784;
export const classes = 10;
export const residual = 0.1;
export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
export const norm = { epsilon: 1e-5, momentum: 0.1 };
/** The factor of a unit's gradient is `1/(1 + freqScaleFactor·period)`. */
export const freqScaleFactor = 0.1;

/** The seed of {@link initialWeights}. */
export const seed = 1;

/** The published settings, with weights that are the same for every contender. */
export const publishedStart = async (): Promise<Start> => ({
  weights: await initialWeights(),
  dropout: 0.2,
  learningRate: 1e-3,
  weightDecay: 1e-5,
});

async function initialWeights(): Promise<Weights> {
  const model = new HarmonicMLP({ seed });
  const entries = Object.entries(model.variables).map(
    async ([path, variable]) =>
      [path, { shape: variable.shape, data: (await variable.data()).slice() as Float32Array }] as const,
  );
  const weights = Object.fromEntries(await Promise.all(entries));
  model.dispose();
  return weights;
}

/** Whether Adam trains the tensor of a path: all except the running statistics. */
export const isTrained = (path: string): boolean => !path.includes('/running_');
