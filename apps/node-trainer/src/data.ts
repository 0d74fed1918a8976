import type { LabelledDataset } from '@harmonic-mlp/mnist-data';
import { loadMnist } from '@harmonic-mlp/mnist-data/node';
import type { CommonOptions } from './options';

/** The training and test sets that the options name. */
export function loadData({ dataDir, verify }: Pick<CommonOptions, 'dataDir' | 'verify'>): Promise<{
  train: LabelledDataset;
  test: LabelledDataset;
}> {
  return loadMnist({ directory: dataDir, verify, resolveFrom: import.meta.url });
}
