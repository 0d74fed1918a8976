import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { reason } from './error-code';
import { renamePatiently } from './rename';

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
