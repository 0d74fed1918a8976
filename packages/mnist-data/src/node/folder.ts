import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HarmonicError, option } from '@harmonic-mlp/core';
import type { DatasetDescription } from '../description';
import { explainFileError } from './explain-errors';

/** A folder of IDX files, each plain or compressed with gzip, with names in any of the common spellings. */
export class DatasetFolder {
  readonly path: string;
  readonly #present: Set<string>;

  private constructor(path: string, present: Set<string>) {
    this.path = path;
    this.#present = present;
  }

  /** @throws {HarmonicError} `FILE_NOT_FOUND` if there is no such folder, or it cannot be read. */
  static async open(path: string, { files, title }: DatasetDescription): Promise<DatasetFolder> {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      const present = new Set<string>();
      for (const entry of entries) {
        // Some distributions of MNIST unpack to folders named like the files; a link may be broken.
        const isFile = entry.isSymbolicLink()
          ? (await stat(join(path, entry.name)).catch(() => undefined))?.isFile()
          : entry.isFile();
        if (isFile) present.add(entry.name);
      }
      return new DatasetFolder(path, present);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable('folder', path, cause);
      const names = Object.values(files).map(({ name }) => name);
      const allowed = `a folder with the files ${names.join(', ')}`;
      const fields = {
        argument: 'directory',
        value: path,
        allowed,
        problem: `${code === 'ENOENT' ? 'There is no such folder' : 'This is not a folder'}, expected ${allowed}.`,
        fix: `Correct ${option('directory')}, or leave it out to find or download ${title} automatically.`,
        file: path,
      };
      throw new HarmonicError('FILE_NOT_FOUND', fields, { cause });
    }
  }

  /** The path of a file, in the first of its spellings that exists, or undefined. */
  find(name: string): string | undefined {
    const found = spellings(name).find((spelling) => this.#present.has(spelling));
    return found && join(this.path, found);
  }

  /** @throws {HarmonicError} `FILE_NOT_FOUND` if the folder does not have the file in any of its spellings. */
  locate(name: string): string {
    const path = this.find(name);
    if (path !== undefined) return path;
    throw new HarmonicError('FILE_NOT_FOUND', {
      problem: `The file is missing; tried ${spellings(name).join(', ')}.`,
      fix: `Put it in that folder, or choose another ${option('directory')}.`,
      file: join(this.path, name),
    });
  }
}

function spellings(name: string): string[] {
  const dotted = name.replace('-idx', '.idx');
  return [name, dotted, `${name}.gz`, `${dotted}.gz`];
}

/**
 * The content of a file named by the user.
 *
 * @throws {HarmonicError} `FILE_NOT_FOUND` if it cannot be read.
 */
export async function readGiven(path: string): Promise<Uint8Array> {
  try {
    return await readBytes(path);
  } catch (error) {
    throw unreadable('file', path, error);
  }
}

function unreadable(what: 'file' | 'folder', path: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'syscall' in cause)) return cause;
  const fields = {
    problem: `The ${what} cannot be read: ${explainFileError(cause)}.`,
    fix: 'Choose one that can, or correct its permissions.',
    file: path,
  };
  return new HarmonicError('FILE_NOT_FOUND', fields, { cause });
}

/** The content of a file as a plain Uint8Array. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  return new Uint8Array(buffer, byteOffset, byteLength);
}
