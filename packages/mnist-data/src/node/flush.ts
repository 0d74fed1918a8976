import { open } from 'node:fs/promises';

/**
 * Flushes the entries of a folder to the disk, if the system can: a file that was renamed into it is there after a power
 * failure only if the folder was flushed, too.
 */
export async function flushFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // Windows and some file systems cannot. The file is there all the same.
  }
}
