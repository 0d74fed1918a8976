import { open } from 'node:fs/promises';

/**
 * Flushes the entries of a folder to disk, if the system supports it: a file renamed into the folder survives a power failure
 * only if the folder was flushed, too.
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
    // Windows and some file systems do not support this. The file is there regardless.
  }
}
