import { HarmonicError, requireOneOf } from '@harmonic-mlp/core';
import { datasets } from '../datasets';
import type { DatasetDescription } from '../description';

/** The name of a data set of the registry. */
export type DatasetName =
  | 'mnist'
  | 'fashion-mnist'
  | 'kmnist'
  | 'qmnist'
  | 'emnist-letters'
  | 'emnist-balanced';

/** A data set by its name, or by a description, your own too. A name that a user typed is checked when it runs. */
export type DatasetOrName = DatasetName | (string & {}) | DatasetDescription;

/** The description of a data set, whose names can be those of files. */
export function describedDataset(dataset: DatasetOrName): DatasetDescription {
  if (typeof dataset !== 'object' || dataset === null) {
    const names = datasets.map(({ name }) => name);
    return datasets[names.indexOf(requireOneOf('dataset', dataset, names))];
  }
  for (const { name } of [dataset, ...Object.values(dataset.files)]) {
    if (/^[a-z\d][\w.-]*$/i.test(name)) continue;
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `The name ${JSON.stringify(name)} in a description cannot be that of a file; it must begin with a letter or a digit, and hold only these, "_", "-" and ".".`,
    );
  }
  return dataset;
}
