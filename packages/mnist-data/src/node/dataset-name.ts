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

/** A data set's name or description, which may be your own. A name typed by a user is checked at run time. */
export type DatasetOrName = DatasetName | (string & {}) | DatasetDescription;

/** Returns the description of a data set, after checking that its names are file names. */
export function describedDataset(dataset: DatasetOrName): DatasetDescription {
  if (typeof dataset !== 'object' || dataset === null) {
    const names = datasets.map(({ name }) => name);
    return datasets[names.indexOf(requireOneOf('dataset', dataset, names))];
  }
  const named = { dataset, ...dataset.files };
  for (const [role, { name }] of Object.entries(named)) {
    if (/^[a-z\d][\w.-]*$/i.test(name)) continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: role === 'dataset' ? 'dataset.name' : `dataset.files.${role}.name`,
      value: name,
      allowed: 'a file name of letters, digits, "_", "-", and ".", starting with a letter or digit',
    });
  }
  return dataset;
}
