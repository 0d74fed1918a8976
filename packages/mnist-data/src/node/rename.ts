import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolder } from './flush';

/** Windows errors while another program, such as a virus scanner, has the file open. */
const busy = ['EPERM', 'EACCES', 'EBUSY'];

/** Whether a file system error may go away in a moment, because the file is in use. */
export const isBusy = (error: unknown): boolean => busy.includes((error as NodeJS.ErrnoException).code ?? '');

/** Renames a file, retrying for about a second while it is in use, and flushes its folder to disk. */
export async function renameOnceFree(from: string, to: string): Promise<void> {
  for (let wait = 10; ; wait *= 2) {
    try {
      await rename(from, to);
      break;
    } catch (error) {
      if (!isBusy(error) || wait > 640) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  await flushFolder(dirname(to));
}
