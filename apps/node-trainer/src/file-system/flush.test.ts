import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder, makeNewFolder, renamePatiently, writeWhole } from '.';

const { mkdir, open, rename } = fs;
let folder: string;
/** What is made, renamed and flushed to the disk, in order. */
let log: string[];

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'harmonic flush '));
  log = [];
  const note = (what: string, path: unknown) =>
    log.push(`${what} ${relative(folder, String(path)).replaceAll('\\', '/') || '.'}`);
  fs.open = async (path, ...options) => {
    const handle = await open(path, ...options);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      note('flush', path);
      await sync();
    };
    return handle;
  };
  fs.rename = async (from, to) => {
    note('rename to', to);
    await rename(from, to);
  };
  fs.mkdir = (async (path: string) => {
    await mkdir(path);
    note('make', path);
  }) as typeof mkdir;
  syncBuiltinESMExports();
});

afterEach(async () => {
  Object.assign(fs, { mkdir, open, rename });
  syncBuiltinESMExports();
  await fs.rm(folder, { recursive: true, force: true });
});

/** Windows cannot flush a folder. */
const flushed = (...folders: string[]) =>
  process.platform === 'win32' ? [] : folders.map((name) => `flush ${name}`);

it('has a file on the disk before it is in its place, and then its place', async () => {
  await writeWhole(join(folder, 'file'), 'content');
  expect(log).toEqual([`flush file.${process.pid}.tmp`, 'rename to file', ...flushed('.')]);
});

it('has both folders on the disk between which something is moved', async () => {
  await mkdir(join(folder, 'a'));
  await mkdir(join(folder, 'b'));
  await fs.writeFile(join(folder, 'a', 'file'), '');
  await renamePatiently(join(folder, 'a', 'file'), join(folder, 'b', 'file'));
  expect(log).toEqual(['rename to b/file', ...flushed('b', 'a')]);
});

it('has a folder on the disk once it is made', async () => {
  await makeFolder(join(folder, 'a', 'b'));
  expect(log.splice(0)).toEqual(['make a', ...flushed('.'), 'make a/b', ...flushed('a')]);
  expect(await makeNewFolder(join(folder, 'a', 'b'))).toBe(join(folder, 'a', 'b-2'));
  expect(log).toEqual(['make a/b-2', ...flushed('a')]);
});

it('writes where a folder cannot be flushed', async () => {
  const opened = fs.open;
  fs.open = async (path, ...options) => {
    if (path === folder) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    return opened(path, ...options);
  };
  syncBuiltinESMExports();
  await writeWhole(join(folder, 'file'), 'content');
  expect(await fs.readFile(join(folder, 'file'), 'utf8')).toBe('content');
});
