import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PartialFile } from './partial-file';
import { writePin } from './pin';

const { open, rename } = fs;
let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'harmonic rename '));
});

afterEach(async () => {
  Object.assign(fs, { open, rename });
  syncBuiltinESMExports();
  await fs.rm(folder, { recursive: true, force: true });
});

/** Acts as if another program had every file open until a number of rename attempts have been refused. */
function refuse(times: number, code: string): void {
  fs.rename = async (from, to) => {
    if (times-- > 0) throw Object.assign(new Error(code), { code });
    return rename(from, to);
  };
  syncBuiltinESMExports();
}

/** What is renamed and what is flushed to disk, in order. */
function recorded(): string[] {
  const log: string[] = [];
  fs.open = async (path, ...options) => {
    const handle = await open(path, ...options);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      log.push(`flush ${basename(String(path)).replace(/[\w-]+(?=\.(part|tmp)$)/, '…')}`);
      await sync();
    };
    return handle;
  };
  fs.rename = async (from, to) => {
    log.push(`rename to ${basename(String(to))}`);
    await rename(from, to);
  };
  syncBuiltinESMExports();
  return log;
}

it('has a file on the disk before it is in its place, and then its place', async () => {
  const target = join(folder, 'file');
  // Windows cannot flush a folder.
  const itsPlace = process.platform === 'win32' ? [] : [`flush ${basename(folder)}`];
  const log = recorded();
  await (await PartialFile.open(target)).finish();
  expect(log.splice(0)).toEqual(['flush file.….part', 'rename to file', ...itsPlace]);
  await writePin(target, 'ab'.repeat(32));
  expect(log).toEqual(['flush file.sha256.….tmp', 'rename to file.sha256', ...itsPlace]);
});

it.each(['EPERM', 'EACCES', 'EBUSY'])('puts a file in its place once it is free: %s', async (code) => {
  const target = join(folder, 'file');
  const part = await PartialFile.open(target);
  refuse(3, code);
  await part.finish();
  refuse(3, code);
  await writePin(target, 'ab'.repeat(32));
  expect((await fs.readdir(folder)).sort()).toEqual(['file', 'file.sha256']);
});

it('keeps what was received when its place stays in use', async () => {
  const target = join(folder, 'file');
  const part = await PartialFile.open(target);
  refuse(1000, 'EPERM');
  await expect(part.finish()).rejects.toThrow('EPERM');
  expect(await fs.readdir(folder)).toEqual([expect.stringMatching(/^file\..*\.part$/)]);
  refuse(0, '');
  await (await PartialFile.open(target)).finish();
});

it('fails at once for another reason', async () => {
  const part = await PartialFile.open(join(folder, 'file'));
  refuse(1, 'EROFS');
  await expect(part.finish()).rejects.toThrow('EROFS');
});
