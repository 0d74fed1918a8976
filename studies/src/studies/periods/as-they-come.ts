import type { HarmonicMLPOptions } from 'harmonic-mlp';
import type { MadeDataset } from 'harmonic-mlp/made-data';
import { proposedFor, type Setting, type Training, trainRegression, varianceOf } from '../../harness';
import { examplesOf } from './functions';

interface PlainNetwork {
  readonly name: string;
  readonly model: HarmonicMLPOptions;
  readonly isProposed?: boolean;
}

/** The networks, without tuning anything. */
export const plainNetworks: readonly PlainNetwork[] = [
  { name: 'periods 1…10', model: { hidden: [64], periods: 'capped:1,10' } },
  { name: 'periods 0.02…', model: { hidden: [64], periods: 'capped:0.02,10' } },
  { name: 'forData', model: { hidden: [64] }, isProposed: true },
  { name: 'ReLU', model: { hidden: [64], activation: 'relu' } },
  { name: 'ReLU 64-64', model: { hidden: [64, 64], activation: 'relu' } },
];

/** What a network has learned of a function. */
export interface PlainErrors {
  readonly kind: 'plain';
  readonly dataset: string;
  readonly network: string;
  /** The fractions of the test targets' variance that remain unexplained, one for each seed. */
  readonly errors: readonly number[];
}

/** How each network learns: 200 epochs of Adam at 0.005 in batches of 32. */
export const learningOf = async (
  { model, isProposed }: PlainNetwork,
  { train, seed, quick }: Pick<Training, 'train' | 'seed'> & Pick<Setting, 'quick'>,
): Promise<Training> => ({
  model: { inputSize: 1, ...(isProposed ? await proposedFor(train, { ...model, seed }) : model) },
  ...{ train, steps: quick ? 2 : 1600, batchSize: 32, learningRate: 0.005, seed },
});

/** Learns a function with each network. */
export async function learnAsTheyCome(
  dataset: MadeDataset,
  { seeds, quick, onProgress }: Setting,
): Promise<PlainErrors[]> {
  const { train, test } = examplesOf(dataset, quick ? 16 : 256);
  const variance = varianceOf(test);
  const results: PlainErrors[] = [];
  for (const network of plainNetworks) {
    const { name } = network;
    const errors: number[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      onProgress(`${dataset.name}, ${name}, seed ${seed} of ${seeds}`);
      const learning = await learningOf(network, { train, seed, quick });
      const { rmse } = await trainRegression(learning, { rmse: test });
      errors.push(rmse ** 2 / variance);
    }
    results.push({ kind: 'plain', dataset: dataset.name, network: name, errors });
  }
  return results;
}
