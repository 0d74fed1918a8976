import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkpointsFolder, isEarlier } from '../earlier-checkpoints';
import { hasCode, TrainerError } from '../errors';
import { codeOf, reason } from '../file-system';
import { lockFile } from '../folder-lock';
import { besideRun, RunFolder, runFiles } from '../run-folder';

/** What a run and this program write into its folder. */
const names: readonly string[] = [...Object.values(runFiles), ...Object.values(besideRun)];
const temporary = /\.\d+\.tmp$/;
/** A last checkpoint that was damaged, and replaced by an earlier one. */
const replaced = /^damaged(-\d+)?\.safetensors$/;

function isOwn(name: string): boolean {
  const final = name.replace(temporary, '');
  return names.includes(final) || replaced.test(final);
}

const isCheckpoint = (name: string) => isEarlier(join(checkpointsFolder, name.replace(temporary, '')));

/** What a removed run leaves. */
export interface Removal {
  /** The bytes of the files that were removed. */
  bytes: number;
  /** What is left, relative to the folder, for the run has not written it; if nothing is, the folder is gone too. */
  left: string[];
}

/**
 * Removes the files that a run has written, and then its folder if that is empty.
 *
 * @throws {TrainerError} `FOLDER_IN_USE` for a run that is going on, `UNWRITABLE` when a file cannot be removed.
 */
export async function removeRun(folder: string): Promise<Removal> {
  const locked = await RunFolder.open(folder).catch((error) => {
    if (hasCode(error, 'FOLDER_IN_USE')) throw error.with({ fix: fixWhenInUse(folder) });
    if (!hasCode(error, 'UNWRITABLE')) throw error;
    const problem = `Nothing can be removed from the folder: ${reason(error.cause)}.`;
    throw new TrainerError('UNWRITABLE', { problem, file: resolve(folder) }, { cause: error });
  });
  try {
    const bytes =
      (await removeFiles(join(folder, checkpointsFolder), isCheckpoint)) + (await removeFiles(folder, isOwn));
    await removeIfEmpty(join(folder, checkpointsFolder));
    const left = (await readdir(folder)).filter((name) => !name.startsWith(lockFile));
    return { bytes, left };
  } finally {
    locked.close();
    await removeIfEmpty(folder);
  }
}

const fixWhenInUse = (folder: string) =>
  `Stop it first, or wait for it; if that run no longer exists, remove ${join(folder, lockFile)}.`;

/** Returns the bytes of what it has removed. */
async function removeFiles(folder: string, isMeant: (name: string) => boolean): Promise<number> {
  let bytes = 0;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((each) => !each.isDirectory() && isMeant(each.name))) {
    const file = join(folder, entry.name);
    try {
      const { size } = await stat(file).catch(() => ({ size: 0 }));
      await rm(file, { force: true, maxRetries: 3 });
      bytes += size;
    } catch (error) {
      const problem = `The file cannot be removed: ${reason(error)}.`;
      throw new TrainerError('UNWRITABLE', { problem, file: resolve(file) }, { cause: error });
    }
  }
  return bytes;
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    // The current folder cannot be removed as `.`.
    await rmdir(resolve(folder));
  } catch (error) {
    if (
      !['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY', 'EPERM', 'EACCES'].includes(codeOf(error) ?? '')
    )
      throw error;
  }
}
