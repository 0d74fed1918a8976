import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeSmallDisk, noSmallDisk } from './small-disk';

it.skipIf(noSmallDisk !== undefined)(
  `a small disk becomes full, and has room again${noSmallDisk ? ` (${noSmallDisk})` : ''}`,
  async () => {
    const disk = await makeSmallDisk(100_000);
    try {
      const write = (name: string, size: number) =>
        writeFile(join(disk.folder, name), new Uint8Array(size).fill(7));
      await write('first', 5000);
      await disk.fill(10_000);
      expect(await disk.free()).toBe(12_288);
      await expect(write('second', 20_000)).rejects.toMatchObject({ code: 'ENOSPC' });
      await disk.fill(0);
      expect(await disk.free()).toBe(0);
      await disk.fill(40_000);
      await write('second', 20_000);
      expect(await readFile(join(disk.folder, 'first'))).toHaveLength(5000);
    } finally {
      await disk.remove();
    }
    expect(existsSync(disk.folder)).toBe(false);
  },
);
