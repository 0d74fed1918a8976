import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { joined } from '../examples';
import { published } from '../published-model';
import { smallCases } from '../small-networks';
import type { OutsideCase } from './outside';

/** The published model on some of MNIST, and the small networks. */
export function outsideCases(data: LabeledDataset): OutsideCase[] {
  const batchSize = 128;
  const stepsPerEpoch = 64;
  const { validation: some } = data.split(batchSize * stepsPerEpoch);
  return [
    { network: published, batchSize, examples: some, stepsPerEpoch, steps: 64 },
    ...smallCases().map(({ network, batchSize, batches, repeats }) => ({
      network,
      batchSize,
      examples: joined(batches),
      stepsPerEpoch: batches.length,
      steps: 20 * repeats,
    })),
  ];
}
