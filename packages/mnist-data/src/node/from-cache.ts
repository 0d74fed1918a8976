import { join } from 'node:path';
import { HarmonicError, option } from '@harmonic-mlp/core';
import type { FetchOptions } from '../dataset-events';
import type { DatasetDescription, DatasetFile, DatasetRole } from '../description';
import { forEachFile } from '../for-each-file';
import type { NamedBytes } from '../from-files';
import { obtainFile } from '../obtain-file';
import { throwIfAborted } from '../platform';
import { restoreFromArchive } from './archive';
import { CacheFolder } from './cache-folder';
import { explainFileError, proxyAdvice } from './explain-errors';
import { FileCacheEntry } from './file-cache-entry';

/**
 * The four files of a data set from a cache, uncompressed and verified; missing files are downloaded into it.
 *
 * @param root the folder of the cache.
 * @param onUnwritable called if the cache is not writable; unless it throws, downloaded files are not kept.
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

  let archiveFailure: HarmonicError | undefined;

  /** Whether the cache could be filled from the archive, which is tried once, and only if no mirrors are given. */
  const restore = async () => {
    if (archive === undefined || mirrors !== undefined || archiveFailure) return false;
    try {
      await restoreFromArchive(description, archive, cache, options);
      return true;
    } catch (error) {
      if (!HarmonicError.is(error) || options.signal?.aborted) throw error;
      archiveFailure = error;
      onEvent?.({ type: 'retry', file: 'archive', url: archive.urls[0], reason: error.message });
      return false;
    }
  };
  const advice = {
    download: `Try again, or get the files of ${title} yourself and pass their folder as ${option('directory')}.${proxyAdvice(process.env)}`,
    offline: `Load it once without ${option('offline')}, fetch it with ${option('downloadDataset')}, or pass a folder with the files as ${option('directory')}.`,
  };
  const obtain = async (file: DatasetFile): Promise<NamedBytes> => {
    const entry = new FileCacheEntry(cache, name, `${file.name}.gz`, restore);
    try {
      throwIfAborted(options.signal);
      const bytes = await obtainFile(description, file, entry, options, advice);
      return { name: entry.name, bytes };
    } finally {
      await entry.close();
    }
  };
  try {
    return await forEachFile(description.files, obtain);
  } catch (error) {
    if (HarmonicError.is(error) && archiveFailure && error.code === 'DOWNLOAD_FAILED') {
      const [mirrorsFailed, archiveFailed] = [error, archiveFailure].map((failure) =>
        failure.with({ fix: undefined }).describe(option),
      );
      throw error.with({ problem: `${mirrorsFailed}Before: ${archiveFailed.trimEnd()}\n` });
    }
    // An operating system error, such as a full disk.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const { path = join(root, name) } = error as NodeJS.ErrnoException;
    const problem = `The cache cannot be read or written: ${explainFileError(error)}.`;
    throw cacheError(root, { problem, file: path }, error);
  } finally {
    await cache.close();
  }
}

/** Makes the error for an unusable cache. */
export function cacheError(
  root: string,
  fields: { problem: string; file: string },
  cause?: unknown,
): HarmonicError {
  const fix = `Set ${option('cache')} to another folder.`;
  return new HarmonicError('DOWNLOAD_FAILED', { argument: 'cache', value: root, fix, ...fields }, { cause });
}
