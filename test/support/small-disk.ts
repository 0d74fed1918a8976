import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { appendFile, mkdtemp, rmdir, stat, statfs, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, in memory, that is as large as a test wants it. */
export interface SmallDisk {
  /** The folder in which it is mounted. */
  readonly folder: string;
  /** The bytes that can still be written. */
  free(): Promise<number>;
  /** Fills it with one file, up to so many bytes, rounded up to whole pages; call it again to leave more or less. */
  fill(leaving: number): Promise<void>;
  /** Unmounts it, and removes the folder. */
  remove(): Promise<void>;
}

const pageSize = 4096;
const pattern = join(tmpdir(), 'harmonic-small-disk-');

/**
 * Why {@link makeSmallDisk} cannot work here, for the title of a skipped test; undefined if it can.
 *
 * @example
 * ```ts
 * describe.skipIf(noSmallDisk !== undefined)(`on a full disk${noSmallDisk ? ` (${noSmallDisk})` : ''}`, () => { … });
 * ```
 */
export const noSmallDisk: string | undefined = whyNot();

/**
 * Makes a file system of so many bytes, whose writes fail with `ENOSPC` when it is full. Works on Linux, for root in a system
 * that lets root mount file systems.
 */
export async function makeSmallDisk(bytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(pattern);
  mount(folder, bytes);
  const filler = join(folder, 'filler');
  const free = async () => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  };
  return {
    folder,
    free,
    async fill(leaving) {
      const size = (await stat(filler).catch(() => undefined))?.size ?? 0;
      const missing = (await free()) - Math.ceil(leaving / pageSize) * pageSize;
      if (missing > 0) await appendFile(filler, new Uint8Array(missing));
      else if (missing < 0) await truncate(filler, Math.max(0, size + missing));
    },
    async remove() {
      execFileSync('umount', ['--lazy', folder]);
      await rmdir(folder);
    },
  };
}

function mount(folder: string, bytes: number): void {
  const options = ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder];
  execFileSync('mount', options, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'no file systems can be made on this system';
  if (process.getuid?.() !== 0) return 'only root can mount file systems';
  const folder = mkdtempSync(pattern);
  try {
    mount(folder, pageSize);
    execFileSync('umount', ['--lazy', folder]);
    return undefined;
  } catch (error) {
    // No `mount`, or a container that may not mount anything.
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return String(stderr ?? message).trim();
  } finally {
    rmdirSync(folder);
  }
}
