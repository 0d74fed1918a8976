import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepingChanges } from './changed-file';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic changes '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('keeps what has changed once, and again what could not be kept', async () => {
  const file = join(folder, 'last.safetensors');
  const kept: string[] = [];
  let works = true;
  const changes = keepingChanges(file, async (bytes) => {
    if (works) kept.push(Buffer.from(bytes).toString());
    return works;
  });
  let time = 1000;
  const write = async (text: string) => {
    await writeFile(file, text);
    await utimes(file, ++time, time);
  };
  await changes.keep();
  expect(kept).toEqual([]);
  await write('a');
  await changes.keep();
  await changes.keep();
  expect(kept).toEqual(['a']);
  works = false;
  await write('b');
  await changes.keep();
  works = true;
  await changes.keep();
  expect(kept).toEqual(['a', 'b']);
  await write('c');
  changes.skip();
  await changes.keep();
  expect(kept).toEqual(['a', 'b']);
});
