import { HarmonicError } from '@harmonic-mlp/core';
import { type LabelledDataset, sha256 } from '@harmonic-mlp/mnist-data';
import { loadMnist } from '@harmonic-mlp/mnist-data/node';
import type { CommonOptions } from './options';
import { reason } from './run-folder';

/** The training and test sets that the options name. */
export async function loadData({ dataDir, verify }: Pick<CommonOptions, 'dataDir' | 'verify'>): Promise<{
  train: LabelledDataset;
  test: LabelledDataset;
}> {
  try {
    return await loadMnist({ directory: dataDir, verify, resolveFrom: import.meta.url });
  } catch (error) {
    if (HarmonicError.is(error)) throw error;
    const { path = dataDir } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot read the data in ${path}: ${reason(error)}. Give another --data-dir.`, {
      cause: error,
    });
  }
}

/** A checksum of a data set's examples and labels, by which a resumed run knows its data again. */
export async function fingerprint({ inputs, labels }: LabelledDataset): Promise<string> {
  const bytes = new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength);
  return `${await sha256(bytes)}-${await sha256(labels)}`;
}
