import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './error-code';
import { flush } from './flush';

/** What Windows says of a file that another program has open, as a virus scanner does for a moment. */
const inUse = new Set(['EPERM', 'EACCES', 'EBUSY']);
/** How long to wait before each further try, in milliseconds: about a second in all. */
const waits = [10, 20, 40, 80, 150, 300, 400];

/**
 * As rename, but tries again for about a second while the file or the folder is in use, and flushes what it has changed
 * to the disk.
 */
export async function renamePatiently(from: string, to: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await rename(from, to);
      break;
    } catch (error) {
      if (!inUse.has(codeOf(error) ?? '') || tries === waits.length) throw error;
      await new Promise((resolve) => setTimeout(resolve, waits[tries]));
    }
  }
  for (const folder of new Set([dirname(to), dirname(from)])) await flush(folder);
}
