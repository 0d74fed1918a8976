import { open } from 'node:fs/promises';

/**
 * Flushes a file, or the entries of a folder, to the disk, where the system can: what was created in a folder or renamed into
 * it survives a power failure only if the folder was flushed too.
 */
export async function flush(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows flushes neither folders nor files that are open only for reading, and some file systems do not flush folders.
    // The data are written all the same.
  }
}
