import fs, { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventFile } from './event-file';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic events '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = Uint8Array.of(1, 2, 3);

it('creates a file with the name that TensorBoard expects, and the folder', async () => {
  const file = eventFile(join(folder, 'logs', 'first'));
  expect(file.path).toBeUndefined();
  const before = Math.floor(Date.now() / 1000);
  file.open();
  const [, seconds, host, process_] =
    /^events\.out\.tfevents\.(\d{10})\.(.*)\.(\d+)\.\d+$/.exec(basename(file.path!)) ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(before);
  expect(Number(process_)).toBe(process.pid);
  expect(host).toBe(hostname());
  file.write(bytes);
  file.write(bytes);
  const { path } = file;
  file.close();
  expect([...(await readFile(path!))]).toEqual([1, 2, 3, 1, 2, 3]);
  expect(file.path).toBeUndefined();
});

it('sorts each new file after the earlier ones, even where the clock is behind', async () => {
  await writeFile(join(folder, 'events.out.tfevents.4000000000.host.1.0'), 'earlier');
  await writeFile(join(folder, 'notes.txt'), '');
  for (const seconds of ['4000000001', '4000000002']) {
    const file = eventFile(folder);
    file.open();
    file.write(bytes);
    expect(basename(file.path!)).toMatch(`events.out.tfevents.${seconds}.`);
    file.close();
  }
  expect(await readFile(join(folder, 'events.out.tfevents.4000000000.host.1.0'), 'utf8')).toBe('earlier');
});

it('gives each run a file, and several at once', async () => {
  const [one, two] = [eventFile(folder), eventFile(folder)];
  for (const file of [one, two, one, two]) file.open(); // Once open, it stays the same.
  for (const file of [one, two]) file.write(bytes);
  for (const file of [one, two]) file.close();
  one.open();
  one.write(bytes);
  one.close();
  expect(await readdir(folder)).toHaveLength(3);
});

it('leaves no empty file', async () => {
  const file = eventFile(folder);
  file.open();
  expect(existsSync(file.path!)).toBe(true);
  file.close();
  file.close();
  expect(await readdir(folder)).toEqual([]);
});

it('writes only while it is open', () => {
  expect(() => eventFile(folder).write(bytes)).toThrow('The event file is not open. Call open() first.');
});

it.each([undefined, '', 3])('refuses the folder %s', (given) => {
  expect(() => eventFile(given as string)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'folder' }),
  );
});

describe('a folder that cannot be written', () => {
  it('has a file in its path', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const place of [join(folder, 'file'), join(folder, 'file', 'inside')]) {
      expect(() => eventFile(place).open()).toThrow(
        expect.objectContaining({ code: 'UNWRITABLE', file: place, fix: 'Give another folder.' }),
      );
    }
    expect(() => eventFile(join(folder, 'file')).open()).toThrow(
      `${join(folder, 'file')}: Event files cannot be written to the folder: there is a file with that name.`,
    );
  });

  // The superuser may write anywhere.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('is read-only', async () => {
    await mkdir(join(folder, 'locked'), { mode: 0o555 });
    expect(() => eventFile(join(folder, 'locked')).open()).toThrow('permission denied');
  });

  it.skipIf(process.platform !== 'linux')('is in /proc', () => {
    expect(() => eventFile('/proc/harmonic/logs').open()).toThrow(
      expect.objectContaining({ code: 'UNWRITABLE', file: '/proc/harmonic/logs' }),
    );
  });
});

describe('a disk that is full', () => {
  const { writeSync } = fs;
  /** How many more bytes there is room for. */
  let room = Number.POSITIVE_INFINITY;
  beforeEach(() => {
    fs.writeSync = ((file: number, data: Uint8Array, at: number, length: number, position: number) => {
      const fitting = Math.min(length, room);
      if (fitting === 0) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
      room -= fitting;
      return writeSync(file, data, at, fitting, position);
    }) as typeof writeSync;
    syncBuiltinESMExports();
  });
  afterEach(() => {
    room = Number.POSITIVE_INFINITY;
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
  });

  it('leaves no part of what did not fit, and continues once there is room', async () => {
    const file = eventFile(folder);
    file.open();
    const path = file.path!;
    file.write(bytes);
    room = 2;
    expect(() => file.write(bytes)).toThrow(
      expect.objectContaining({
        code: 'UNWRITABLE',
        message: `${path}: The event file cannot be written: the disk is full.`,
      }),
    );
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    room = Number.POSITIVE_INFINITY;
    file.write(Uint8Array.of(4));
    file.close();
    expect([...(await readFile(path))]).toEqual([1, 2, 3, 4]);
  });
});
