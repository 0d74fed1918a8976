import { HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';
import { chirp, type MadeDataset, makeData, parabola, squareWave, waves } from 'harmonic-mlp/made-data';

/** The functions to learn, from −1 to 1. */
export const functions: readonly MadeDataset[] = [waves, chirp, squareWave, parabola];

/** The examples of a function: to learn, to tune the learning rate on, and to test on. */
export function examplesOf(dataset: MadeDataset, count: number) {
  return {
    train: makeData(dataset, { examples: count, seed: 1 }),
    validation: makeData(dataset, { examples: count, seed: 2, part: 'test' }),
    test: makeData(dataset, { examples: count, seed: 3, part: 'test' }),
  };
}

/** The variance of targets, with which an error becomes a fraction of them. */
export function varianceOf({ targets }: ReturnType<typeof makeData>): number {
  const values = targets as Float32Array;
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
}

/** The options of the model that {@link HarmonicMLP.forData} makes. */
export async function proposedFor(
  data: ReturnType<typeof makeData>,
  options: HarmonicMLPOptions,
): Promise<HarmonicMLPOptions> {
  const model = await HarmonicMLP.forData(data, { task: 'regression', ...options });
  const { periods, standardizeInputs } = model.config;
  model.dispose();
  return { ...options, periods, standardizeInputs };
}
