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
