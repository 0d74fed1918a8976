import { open } from 'node:fs/promises';

/**
 * Flushes a file, or the entries of a folder, to the disk, where the system can: what was made in a folder or renamed
 * into it is there after a power failure only when the folder was flushed, too.
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
    // Windows flushes neither folders nor what is open for reading alone, and some file systems no folders. It is there
    // all the same.
  }
}
