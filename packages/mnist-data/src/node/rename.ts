import { rename } from 'node:fs/promises';

/** Windows refuses with these while another program, such as a virus scanner, has the file open. */
const busy = ['EPERM', 'EACCES', 'EBUSY'];

/** Whether an error of the file system may be over in a moment, since it is of a file in use. */
export const isBusy = (error: unknown): boolean => busy.includes((error as NodeJS.ErrnoException).code ?? '');

/** Renames a file, for about a second again and again while it is in use. */
export async function renameOnceFree(from: string, to: string): Promise<void> {
  for (let wait = 10; ; wait *= 2) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!isBusy(error) || wait > 640) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
