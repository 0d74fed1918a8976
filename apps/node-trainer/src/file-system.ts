import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** What Windows says of a file that another program has open, as a virus scanner does for a moment. */
const inUse = new Set(['EPERM', 'EACCES', 'EBUSY']);
/** How long to wait before each further try, in milliseconds: about a second in all. */
const waits = [10, 20, 40, 80, 150, 300, 400];

/** As rename, but tries again for about a second while the file or the folder is in use. */
export async function renamePatiently(from: string, to: string): Promise<void> {
  for (const wait of waits) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!inUse.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  await rename(from, to);
}

/** A file was written whole, but could not be put in its place. */
export class NotReplaced extends Error {
  /** Where it is instead. */
  readonly kept: string;

  constructor(kept: string, cause: unknown) {
    super(reason(cause), { cause });
    this.kept = kept;
  }
}

/**
 * Writes a file beside its place, flushes it to the disk, and renames it: it is there whole, or as it was.
 *
 * @throws {NotReplaced} when the place stays in use.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  try {
    await renamePatiently(temporary, path);
  } catch (error) {
    // Where the folder has gone, so has what was written.
    throw existsSync(temporary) ? new NotReplaced(temporary, error) : error;
  }
}

/** As mkdir with `recursive`, which never returns on Linux for a folder in /proc. */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(resolve(path));
  if (parent !== resolve(path)) await makeFolder(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!(await isFolder(path))) throw error;
  }
}

/** Makes a folder that is not there yet: the one of that name, or with a number after it, as `run-2`. */
export async function makeNewFolder(path: string, first = path): Promise<string> {
  await makeFolder(dirname(resolve(path)));
  for (let number = 2, folder = first; ; folder = `${path}-${number++}`) {
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      // On Windows, a folder that is just being removed is there, too.
      if (!existsSync(folder)) throw error;
    }
  }
}

const isFolder = async (path: string) =>
  existsSync(path) && (await stat(path).catch(() => undefined))?.isDirectory() === true;

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EBUSY: 'another program has it open',
  EEXIST: 'there is a file of that name',
  EIO: 'the device does not answer',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/** Why an operation of the file system failed, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && reasons[code]) ?? message;
}
