import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DatasetDescription } from '../src/description';
import { type DatasetEvent, downloadDataset, inspectDataset, loadDataset } from '../src/node';
import { cut, DataServer, status } from './support/data-server';
import { sha256Of, smallDataset } from './support/small-dataset';
import { zip } from './support/zip';

const images = 'train-images-idx3-ubyte.gz';
const { description: plain, contents, served } = smallDataset({ sums: 'none' });
const members = Object.fromEntries(Object.entries(served).map(([name, bytes]) => [`gzip/${name}`, bytes]));
const archive = zip({ ...members, 'gzip/another.gz': new Uint8Array(9) });

let temporary: string;
let cache: string;
let server: DataServer;
let events: DatasetEvent[];
let description: DatasetDescription;

beforeAll(async () => {
  temporary = await realpath(await mkdtemp(join(tmpdir(), 'données 手書き %23 ')));
});
afterAll(() => rm(temporary, { recursive: true }));
beforeEach(async () => {
  cache = await mkdtemp(join(temporary, 'cache '));
  server = await DataServer.start();
  server.serve('a', { 'gzip.zip': archive });
  server.serve('b', served);
  events = [];
  description = describing(archive);
});
afterEach(() => server.stop());

const describing = (bytes: Uint8Array): DatasetDescription => ({
  ...plain,
  mirrors: [server.url('b')],
  archive: {
    urls: [`${server.url('a')}gzip.zip`],
    bytes: bytes.length,
    sha256: sha256Of(bytes),
    prefix: 'gzip/',
  },
});
const options = () => ({
  cache,
  timeout: 500,
  onEvent: (event: DatasetEvent) => void (event.type !== 'progress' && events.push(event)),
});
const complete = Object.keys(served)
  .flatMap((name) => [name, `${name}.sha256`])
  .sort();

it('the files come from the archive, which is not kept, and are pinned', async () => {
  const { train, test } = await loadDataset(description, options());
  expect(train.inputs).toEqual(contents.trainImages.subarray(16));
  expect(test.size).toBe(3);
  expect(events).toEqual([]);
  expect(server.log).toHaveLength(1);
  expect(await readdir(cache)).toEqual(['small']);
  expect((await readdir(join(cache, 'small'))).sort()).toEqual(complete);
  expect(await readFile(join(cache, 'small', `${images}.sha256`), 'utf8')).toBe(
    `${sha256Of(served[images])}  ${images}\n`,
  );
  const { files } = await inspectDataset(description, { cache, checksums: true });
  expect(Object.values(files).map(({ state }) => state)).toEqual(Array(4).fill('pinned'));
});

it('a cut archive is gone on with, the next time too', async () => {
  server.script('a/gzip.zip', cut(100_000), cut(1000), status(404));
  server.script(`b/${images}`, status(404));
  await expect(loadDataset(description, options())).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringMatching(
      /^train-images-.*:\n {2}http.* answered 404 Not Found\nBefore: The archive gzip.zip cannot be downloaded:\n {2}http.* answered 404 Not Found\nTry again, or get .* as directory\./,
    ),
    fix: expect.stringContaining('as directory'),
  });
  expect((await readdir(cache)).length).toBe(2);
  await downloadDataset(description, options());
  expect(server.log.filter(({ path }) => path.endsWith('.zip')).map(({ range }) => range)).toEqual([
    undefined,
    'bytes=100000-',
    'bytes=101000-',
    'bytes=101000-',
  ]);
  expect(await readdir(cache)).toEqual(['small']);
});

it.each<[string, () => void, string]>([
  ['that is not there', () => server.script('a/gzip.zip', status(404)), 'answered 404 Not Found'],
  [
    'of another checksum',
    () => server.serve('a', { 'gzip.zip': archive.map((byte, i) => byte ^ Number(i === 999)) }),
    'its SHA-256 is',
  ],
  [
    'that is too short',
    () => server.serve('a', { 'gzip.zip': archive.subarray(0, 999) }),
    'sent only 999 of',
  ],
])('for an archive %s single files do, which are told to be unverified', async (_, spoil, reason) => {
  spoil();
  await loadDataset(description, options());
  expect(events).toMatchObject([
    ...events.slice(0, -5).map(() => ({ type: 'retry', file: 'gzip.zip' })),
    { type: 'retry', reason: expect.stringContaining(reason) },
    ...Array(4).fill({ type: 'unverified', pinned: true }),
  ]);
});

it('an archive that lacks a file of the data set does not help', async () => {
  const { [`gzip/${images}`]: _, ...others } = members;
  const lacking = zip(others);
  server.serve('a', { 'gzip.zip': lacking });
  await loadDataset(describing(lacking), options());
  expect(events[0]).toMatchObject({
    type: 'retry',
    reason: expect.stringContaining(`The archive gzip.zip does not hold gzip/${images}.`),
  });
});

it('is left aside where mirrors are given', async () => {
  await loadDataset(description, { ...options(), mirrors: [server.url('b')] });
  expect(server.log.some(({ path }) => path.endsWith('.zip'))).toBe(false);
});

it('is asked for once only, and not offline', async () => {
  await expect(loadDataset(description, { ...options(), offline: true })).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
  });
  expect(server.log).toEqual([]);
});
