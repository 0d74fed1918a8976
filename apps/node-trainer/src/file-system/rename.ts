import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './error-code';
import { flush } from './flush';

/** The codes on Windows of a file that another program has open, as a virus scanner does for a moment. */
const inUse = new Set(['EPERM', 'EACCES', 'EBUSY']);
/** How long to wait before each further try, in milliseconds: about a second in total. */
const waits = [10, 20, 40, 80, 150, 300, 400];

/**
 * Like rename, but keeps trying for about a second while the file or folder is in use, and flushes the folders that it has
 * changed.
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
