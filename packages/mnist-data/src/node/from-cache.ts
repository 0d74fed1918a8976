import { join } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import type { FetchOptions } from '../dataset-events';
import type { DatasetDescription, DatasetFile, DatasetRole } from '../description';
import { forEachFile } from '../for-each-file';
import type { NamedBytes } from '../from-files';
import { obtainFile } from '../obtain-file';
import { throwIfAborted } from '../platform';
import { restoreFromArchive } from './archive';
import { CacheFolder } from './cache-folder';
import { explainFileError, proxyAdvice } from './explain-errors';
import { FileShelf } from './file-shelf';

/**
 * The four files of a cache, uncompressed and checked; what it lacks is fetched into it.
 *
 * @param root the folder of the cache.
 * @param onUnwritable is told when the cache cannot be written; unless it throws, what is fetched is not kept.
 */
export async function readCache(
  description: DatasetDescription,
  root: string,
  options: FetchOptions,
  onUnwritable: (folder: string, reason: string) => void,
): Promise<Record<DatasetRole, NamedBytes>> {
  const { archive, name, title } = description;
  const { mirrors, onEvent } = options;
  const cache = new CacheFolder(root, onUnwritable);
  let archiveFailure = '';

  /** Whether the archive gave the files. It is asked for once, and not when mirrors are given. */
  const restore = async () => {
    if (archive === undefined || mirrors !== undefined || archiveFailure) return false;
    try {
      await restoreFromArchive(description, archive, cache, options);
      return true;
    } catch (error) {
      if (!HarmonicError.is(error) || options.signal?.aborted) throw error;
      archiveFailure = error.message;
      onEvent?.({ type: 'retry', file: 'archive', url: archive.urls[0], reason: error.message });
      return false;
    }
  };
  const advice = {
    download: `Try again, or get the files of ${title} yourself and give their folder as directory.${proxyAdvice(process.env)}`,
    offline: `Load it once without offline, call downloadDataset, or give a folder of the files as directory.`,
  };
  const obtain = async (file: DatasetFile): Promise<NamedBytes> => {
    const shelf = new FileShelf(cache, name, `${file.name}.gz`, restore);
    try {
      throwIfAborted(options.signal);
      const bytes = await obtainFile(description, file, shelf, options, advice);
      return { name: shelf.name, bytes };
    } finally {
      await shelf.close();
    }
  };
  try {
    return await forEachFile(description.files, obtain);
  } catch (error) {
    if (HarmonicError.is(error) && archiveFailure && error.code === 'DOWNLOAD_FAILED') {
      throw new HarmonicError(error.code, `${error.message}\nBefore: ${archiveFailure}`, { cause: error });
    }
    // Of the operating system, such as a disk that is full.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const { path = join(root, name) } = error as NodeJS.ErrnoException;
    throw new HarmonicError(
      'DOWNLOAD_FAILED',
      `${path} cannot be read or written: ${explainFileError(error)}. Give another folder as cache, or name one by HARMONIC_MLP_DATA.`,
      { cause: error },
    );
  } finally {
    await cache.close();
  }
}
