import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { renameOnceFree } from './rename';

/** The path where the checksum of a file is kept, in the format of `sha256sum`. */
export const pinPath = (path: string): string => `${path}.sha256`;

/** The checksum kept for a file, or undefined. */
export async function readPin(path: string): Promise<string | undefined> {
  const text = await readFile(pinPath(path), 'utf8').catch(() => '');
  return /^[0-9a-f]{64}\b/i.exec(text)?.[0].toLowerCase();
}

/** Keeps the checksum of a file, completely or not at all. */
export async function writePin(path: string, sha256: string): Promise<void> {
  const temporary = `${pinPath(path)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(`${sha256}  ${basename(path)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameOnceFree(temporary, pinPath(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
