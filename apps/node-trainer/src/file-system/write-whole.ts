import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { TrainerError } from '../errors';
import { reason } from './error-code';
import { renamePatiently } from './rename';

/** A file was written whole under a temporary name, and could not be renamed. */
export class NotReplaced extends TrainerError {
  /** The file that it is in. */
  readonly kept: string;

  constructor(file: string, kept: string, cause: unknown) {
    const problem = `The file cannot be written: ${reason(cause)}; it is in ${kept} instead.`;
    super('UNWRITABLE', { problem, file }, { cause });
    this.kept = kept;
  }
}

/**
 * Writes a file under a temporary name, flushes it to the disk, and renames it, so that the new file is there whole, or the
 * old one unchanged.
 *
 * @throws {NotReplaced} when the file stays in use.
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
    // If the folder is gone, so is the temporary file.
    if (!existsSync(temporary)) throw error;
    // As a temporary file, it would look like one that was never finished.
    const kept = `${path}.${process.pid}.kept`;
    const isRenamed = await rename(temporary, kept).then(
      () => true,
      () => false,
    );
    throw new NotReplaced(path, isRenamed ? kept : temporary, error);
  }
}
