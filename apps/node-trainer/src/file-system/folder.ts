import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { flush } from './flush';

/** Like mkdir with `recursive`, which on Linux never returns for a folder in /proc. */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(resolve(path));
  if (parent !== resolve(path)) await makeFolder(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have created it in the meantime.
    if (!(await isFolder(path))) throw error;
  }
  await flush(parent);
}

/** Creates a new folder with the given name, or if that exists with a number after it, such as `run-2`. */
export async function makeNewFolder(path: string, first = path): Promise<string> {
  const parent = dirname(resolve(path));
  await makeFolder(parent);
  for (let number = 2, folder = first; ; folder = `${path}-${number++}`) {
    try {
      await mkdir(folder);
      await flush(parent);
      return folder;
    } catch (error) {
      // On Windows, a folder that is just being removed also exists.
      if (!existsSync(folder)) throw error;
    }
  }
}

const isFolder = async (path: string) =>
  existsSync(path) && (await stat(path).catch(() => undefined))?.isDirectory() === true;
