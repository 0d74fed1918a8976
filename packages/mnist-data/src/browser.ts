import { type KnownOptions, option, requireOptions } from '@harmonic-mlp/core';
import type { CacheEntry } from './cache-entry';
import { type FetchOptions, fetchOptions } from './dataset-events';
import type { DatasetDescription, DatasetFile } from './description';
import { forEachFile } from './for-each-file';
import { datasetFromFiles, type NamedBytes, type TrainAndTest } from './from-files';
import { concatenate } from './idx';
import { obtainFile } from './obtain-file';
import { transfer } from './transfer';

export type { DatasetEvent, FetchOptions } from './dataset-events';

/** Settings of {@link loadDataset} and {@link loadFile}. */
export interface LoadDatasetOptions extends FetchOptions {
  /** The name of the browser's cache that keeps the files, or false to keep none. Default `'harmonic-mlp-data'`. */
  cache?: string | false;
}

const known: KnownOptions<LoadDatasetOptions> = { ...fetchOptions, cache: true };

const advice = {
  download: `Try again, or set ${option('mirrors')} to servers that allow this page's origin (CORS).`,
  offline: `Load it once without ${option('offline')}.`,
};

/**
 * Loads a data set in a browser: from the browser's cache, or else downloads and verifies it, and keeps it there.
 *
 * Only pages served over HTTPS or from localhost have caches; others download the files each time.
 *
 * @param description the data set's description: one from `@harmonic-mlp/mnist-data/datasets`, or your own.
 * @throws {HarmonicError} `DOWNLOAD_FAILED` if no server serves a file; `CHECKSUM_MISMATCH` if they serve something else;
 *   offline, `FILE_NOT_FOUND` or the error of the file in the cache; `INVALID_DATA` if images and labels do not fit together;
 *   `UNSUPPORTED` if the page cannot compute checksums; `INVALID_ARGUMENT` for an option that is unknown or out of bounds.
 * @example
 * ```ts
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const { train, test } = await loadDataset(mnist, { mirrors: ['/mnist/'] });
 * ```
 */
export async function loadDataset(
  description: DatasetDescription,
  options?: LoadDatasetOptions,
): Promise<TrainAndTest> {
  const load = await loader(description, options, 'loadDataset(mnist, { offline: true })');
  const obtain = async (file: DatasetFile): Promise<NamedBytes> => ({
    name: file.name,
    bytes: await load(file),
  });
  const files = await forEachFile(description.files, obtain);
  return datasetFromFiles(description, files, { verify: false });
}

/**
 * Loads one file of a data set the way {@link loadDataset} loads each of the four: for a page that serves its images in
 * several files, so that it can start with the first.
 *
 * @param description the data set that the file belongs to; if it has no `mirrors`, pass them in the options.
 * @param file its name, the shape of its array, and, if known, its checksum.
 * @returns the uncompressed IDX file.
 * @throws {HarmonicError} the same errors as {@link loadDataset}.
 * @example
 * ```ts
 * import { parseIdx } from '@harmonic-mlp/mnist-data';
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const file = mnist.files.testLabels;
 * const bytes = await loadFile(mnist, file, { mirrors: ['/mnist/'] });
 * parseIdx(bytes, file.name).shape; // => [ 10000 ]
 * ```
 */
export async function loadFile(
  description: Pick<DatasetDescription, 'name' | 'title' | 'mirrors'>,
  file: DatasetFile,
  options?: LoadDatasetOptions,
): Promise<Uint8Array> {
  const load = await loader(description, options, 'loadFile(mnist, file, { offline: true })');
  return load(file);
}

/** Opens the cache, and returns a function that loads the files of a data set through it. */
async function loader(
  description: Pick<DatasetDescription, 'name' | 'title' | 'mirrors'>,
  given: LoadDatasetOptions | undefined,
  example: string,
): Promise<(file: DatasetFile) => Promise<Uint8Array>> {
  const options = requireOptions('options', given, example, known);
  const { cache: cacheName = 'harmonic-mlp-data' } = options;
  const onUncached = (error: unknown) => {
    options.onEvent?.({ type: 'uncached', folder: String(cacheName), reason: (error as Error).message });
  };
  // Absent on insecure pages; sandboxed pages are not even allowed to access it.
  const openCache = async () => (cacheName ? globalThis.caches?.open(cacheName) : undefined);
  const cache = await openCache().catch(onUncached);
  return (file) => {
    const entry = cacheEntry(cache || undefined, `/${description.name}/${file.name}.gz`, onUncached);
    return obtainFile(description, file, entry, options, advice);
  };
}

/**
 * The base address of files in the cache. It belongs to nobody, because a worker created from a blob has no base address of
 * its own.
 */
const cacheOrigin = 'https://harmonic-mlp.invalid';

/** A file in a browser's cache or, without one, in memory only. */
function cacheEntry(
  cache: Cache | undefined,
  name: string,
  onUncached: (error: unknown) => void,
): CacheEntry {
  const pinName = `${name}.sha256`;
  const put = async (key: string, content: BodyInit) => {
    try {
      await cache?.put(cacheOrigin + key, new Response(content));
      return cache !== undefined;
    } catch (error) {
      onUncached(error);
      return false;
    }
  };
  return {
    name,
    pinName,
    async read() {
      const found = await cache?.match(cacheOrigin + name);
      return found && new Uint8Array(await found.arrayBuffer());
    },
    readPin: async () => (await cache?.match(cacheOrigin + pinName))?.text(),
    pin: (sum) => put(pinName, sum),
    async receive(url, options) {
      const chunks: Uint8Array[] = [];
      const received = await transfer(url, {
        ...options,
        write: (bytes) => void chunks.push(bytes),
      });
      return { ...received, bytes: concatenate(chunks) };
    },
    keep: (bytes) => put(name, bytes as BlobPart & BodyInit),
  };
}
