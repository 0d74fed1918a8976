import type { FetchOptions } from './dataset-events';
import type { DatasetDescription, DatasetFile } from './description';
import { forEachFile } from './for-each-file';
import { datasetFromFiles, type NamedBytes, type TrainAndTest } from './from-files';
import { concatenate } from './idx';
import { obtainFile, type Shelf } from './obtain-file';
import { transfer } from './transfer';

export type { DatasetEvent, FetchOptions } from './dataset-events';

/** Settings of {@link loadDataset} and {@link loadFile}. */
export interface LoadDatasetOptions extends FetchOptions {
  /** The name of the browser's cache that files are kept in, or false to keep none. Default `'harmonic-mlp-data'`. */
  cache?: string | false;
}

const advice = {
  download: "Try again, or give mirrors: servers that allow this page's origin (CORS).",
  offline: 'Load it once without offline.',
};

/**
 * A data set in a browser: from the browser's cache, or else fetched, verified, and kept there.
 *
 * Caches are only for pages served over HTTPS or from localhost; on others the files are fetched each time.
 *
 * @param description what the data set is: one of `@harmonic-mlp/mnist-data/datasets`, or your own.
 * @throws {HarmonicError} `DOWNLOAD_FAILED` when no server gives a file; `CHECKSUM_MISMATCH` when they give something
 *   else; offline `FILE_NOT_FOUND`, or what is wrong with the file in the cache; `INVALID_DATA` when images and labels
 *   do not fit together; `UNSUPPORTED` where the page may not compute checksums.
 * @example
 * ```ts
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const { train, test } = await loadDataset(mnist, { mirrors: ['/mnist/'] });
 * ```
 */
export async function loadDataset(
  description: DatasetDescription,
  options: LoadDatasetOptions = {},
): Promise<TrainAndTest> {
  const load = await loader(description, options);
  const obtain = async (file: DatasetFile): Promise<NamedBytes> => ({
    name: file.name,
    bytes: await load(file),
  });
  const files = await forEachFile(description.files, obtain);
  return datasetFromFiles(description, files, { verify: false });
}

/**
 * One file of a data set, as {@link loadDataset} gets each of the four: for a page that serves its images in several
 * files, so that it can begin with the first.
 *
 * @param description whose file it is; where it has no `mirrors`, give them in the options.
 * @param file what the file is called, the shape of the array in it, and its checksum, where it is known.
 * @returns the uncompressed IDX file.
 * @throws {HarmonicError} `DOWNLOAD_FAILED`, offline `FILE_NOT_FOUND`, `UNSUPPORTED`, as {@link loadDataset} does.
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
  options: LoadDatasetOptions = {},
): Promise<Uint8Array> {
  return (await loader(description, options))(file);
}

/** What gets the files of a data set, from the cache that it opens. */
async function loader(
  description: Pick<DatasetDescription, 'name' | 'title' | 'mirrors'>,
  { cache: cacheName = 'harmonic-mlp-data', ...options }: LoadDatasetOptions,
): Promise<(file: DatasetFile) => Promise<Uint8Array>> {
  const onUncached = (error: unknown) => {
    options.onEvent?.({ type: 'uncached', folder: String(cacheName), reason: (error as Error).message });
  };
  // Absent on insecure pages; pages in a sandbox may not even ask for it.
  const openCache = async () => (cacheName ? globalThis.caches?.open(cacheName) : undefined);
  const cache = await openCache().catch(onUncached);
  return (file) => {
    const shelf = cacheShelf(cache || undefined, `/${description.name}/${file.name}.gz`, onUncached);
    return obtainFile(description, file, shelf, options, advice);
  };
}

/** Where files are in the cache: an address of nobody, since a worker made of a blob has none that could be completed. */
const cacheOrigin = 'https://harmonic-mlp.invalid';

/** The place of a file in a browser's cache, or, without one, in memory only. */
function cacheShelf(cache: Cache | undefined, name: string, onUncached: (error: unknown) => void): Shelf {
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
