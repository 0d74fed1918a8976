import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { joined } from '../examples';
import { published } from '../published-model';
import { smallCases } from '../small-networks';
import type { OutsideCase } from './outside';

/** The published model on MNIST, and the small networks. */
export function outsideCases(data: LabeledDataset): OutsideCase[] {
  const batchSize = 128;
  const stepsPerEpoch = Math.ceil(data.size / batchSize);
  return [
    { network: published, batchSize, examples: data, stepsPerEpoch, steps: stepsPerEpoch },
    ...smallCases().map(({ network, batchSize, batches, repeats }) => ({
      network,
      batchSize,
      examples: joined(batches),
      stepsPerEpoch: batches.length,
      steps: 20 * repeats,
    })),
  ];
}
