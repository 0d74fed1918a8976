import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DatasetEvent, downloadDataset, inspectDataset, loadDataset } from '../src/node';
import { cacheFolderOf } from '../src/node/default-cache';
import { corrupt, DataServer, status } from './support/data-server';
import { gzip, idxFile, noise, sha256Of, smallDataset } from './support/small-dataset';

const images = 'train-images-idx3-ubyte.gz';
const known = smallDataset();
const unknown = smallDataset({ sums: 'none' });

let temporary: string;
let cache: string;
let server: DataServer;
let events: DatasetEvent[];

beforeAll(async () => {
  temporary = await realpath(await mkdtemp(join(tmpdir(), 'données 手書き %23 ')));
});
afterAll(() => rm(temporary, { recursive: true }));
beforeEach(async () => {
  cache = join(await mkdtemp(join(temporary, 'of test ')), 'a', 'cache');
  server = await DataServer.start();
  server.serve('a', known.served);
  events = [];
});
afterEach(() => server.stop());

const options = () => ({
  cache,
  mirrors: [server.url('a')],
  timeout: 500,
  onEvent: (event: DatasetEvent) => void (event.type !== 'progress' && events.push(event)),
});

describe('the default place', () => {
  const home = () => '/home/ada';
  it.each<[string, NodeJS.Platform, Record<string, string>, string]>([
    ['Linux', 'linux', {}, '/home/ada/.cache/harmonic-mlp'],
    ['Linux, as XDG says', 'linux', { XDG_CACHE_HOME: '/var/ada' }, '/var/ada/harmonic-mlp'],
    [
      'Linux, with a relative XDG path',
      'linux',
      { XDG_CACHE_HOME: 'cache' },
      '/home/ada/.cache/harmonic-mlp',
    ],
    ['FreeBSD', 'freebsd', {}, '/home/ada/.cache/harmonic-mlp'],
    ['macOS', 'darwin', { XDG_CACHE_HOME: '/var/ada' }, '/home/ada/Library/Caches/harmonic-mlp'],
    [
      'Windows',
      'win32',
      { LOCALAPPDATA: 'C:\\Users\\Ada L\\AppData\\Local' },
      'C:\\Users\\Ada L\\AppData\\Local\\harmonic-mlp\\Cache',
    ],
    ['any, overridden', 'linux', { HARMONIC_MLP_DATA: '/data sets/ü' }, '/data sets/ü'],
    ['any, overridden in the home folder', 'linux', { HARMONIC_MLP_DATA: '~/data' }, '/home/ada/data'],
    ['any, overridden by the home folder', 'linux', { HARMONIC_MLP_DATA: '~' }, '/home/ada'],
    ['any, a name that begins with a tilde', 'linux', { HARMONIC_MLP_DATA: '/x/~y' }, '/x/~y'],
    ['Windows, overridden', 'win32', { HARMONIC_MLP_DATA: 'D:\\data' }, 'D:\\data'],
    ['any, overridden by nothing', 'linux', { HARMONIC_MLP_DATA: '' }, '/home/ada/.cache/harmonic-mlp'],
  ])('on %s', (_, platform, env, folder) => {
    expect(cacheFolderOf({ env, platform, home })).toBe(folder);
  });

  it('on Windows without LOCALAPPDATA', () => {
    expect(cacheFolderOf({ env: {}, platform: 'win32', home: () => 'C:\\Users\\Ada' })).toBe(
      'C:\\Users\\Ada\\AppData\\Local\\harmonic-mlp\\Cache',
    );
  });

  it('is where HARMONIC_MLP_DATA says', async () => {
    vi.stubEnv('HARMONIC_MLP_DATA', cache);
    try {
      expect(await downloadDataset(known.description, { mirrors: [server.url('a')] })).toBe(
        join(cache, 'small'),
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

it('a cache is given by path or by URL, and is a directory too', async () => {
  await downloadDataset(known.description, { ...options(), cache: pathToFileURL(cache) });
  const { train } = await loadDataset(known.description, { directory: join(cache, 'small') });
  expect(train.inputs).toEqual(known.contents.trainImages.subarray(16));
});

it('a cache is not a web address', async () => {
  await expect(loadDataset('kmnist', { cache: 'https://example.org/' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    argument: 'cache',
    value: 'https://example.org/',
  });
});

describe('offline', () => {
  it('what is missing is named, with what to do', async () => {
    await expect(loadDataset(known.description, { ...options(), offline: true })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      argument: 'offline',
      value: true,
      file: join(cache, 'small', images),
      message: `${join(cache, 'small', images)}: The file is missing, and offline forbids downloading it. Load it once without offline, fetch it with downloadDataset, or pass a folder with the files as directory.`,
    });
    expect(server.log).toEqual([]);
    expect(await stat(cache).catch(() => 'nothing made')).toBe('nothing made');
  });

  it('a damaged file is named', async () => {
    await downloadDataset(known.description, options());
    await writeFile(join(cache, 'small', images), new Uint8Array([0x1f, 0x8b, 8]));
    await expect(loadDataset(known.description, { ...options(), offline: true })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      file: join(cache, 'small', images),
    });
  });
});

describe('a damaged file in the cache', () => {
  it.each([
    ['cut', (bytes: Uint8Array) => bytes.subarray(0, 999)],
    ['of other content', () => gzip(idxFile([300, 28, 28], noise(300 * 784, 5)))],
    ['empty', () => new Uint8Array()],
  ])('%s, is fetched again', async (_, damage) => {
    await downloadDataset(known.description, options());
    await writeFile(join(cache, 'small', images), damage(known.served[images]));
    server.log.length = 0;
    const { train } = await loadDataset(known.description, options());
    expect(train.inputs).toEqual(known.contents.trainImages.subarray(16));
    expect(events).toMatchObject([{ type: 'retry', file: images, url: join(cache, 'small', images) }]);
    expect(server.log).toHaveLength(1);
    expect(sha256Of(await readFile(join(cache, 'small', images)))).toBe(sha256Of(known.served[images]));
  });

  it('loads without verify if it is an IDX file', async () => {
    await downloadDataset(known.description, options());
    await writeFile(join(cache, 'small', images), gzip(idxFile([300, 28, 28], noise(300 * 784, 5))));
    await loadDataset(known.description, { ...options(), verify: false });
    expect(events).toEqual([]);
  });
});

describe('a data set without published checksums', () => {
  const pin = (bytes = unknown.served[images]) => `${sha256Of(bytes)}  ${images}\n`;

  it('is told of once, and pinned', async () => {
    await downloadDataset(unknown.description, options());
    expect(events).toHaveLength(4);
    expect(events[0]).toEqual({
      type: 'unverified',
      file: images,
      sha256: sha256Of(unknown.served[images]),
      pinned: true,
    });
    expect(await readFile(join(cache, 'small', `${images}.sha256`), 'utf8')).toBe(pin());
    events.length = 0;
    await loadDataset(unknown.description, options());
    expect(events).toEqual([]);
  });

  it('is refused when the servers give something else later, and says what to do', async () => {
    await downloadDataset(unknown.description, options());
    await rm(join(cache, 'small', images));
    const changed = gzip(idxFile([300, 28, 28], noise(300 * 784, 5)));
    server.serve('a', { [images]: changed });
    const error = await loadDataset(unknown.description, options()).catch((error) => error);
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(error.message).toContain(
      `: The file is not the one first seen: its SHA-256 is ${sha256Of(changed)}, expected ${sha256Of(unknown.served[images])}. Get the file again, or delete ${join(cache, 'small', `${images}.sha256`)} if it is meant to differ.\n`,
    );
    expect(await readdir(join(cache, 'small'))).not.toContain(images);

    await rm(join(cache, 'small', `${images}.sha256`));
    await loadDataset(unknown.description, options());
    expect(await readFile(join(cache, 'small', `${images}.sha256`), 'utf8')).toBe(pin(changed));
  });

  it('heals when the file in the cache has changed', async () => {
    await downloadDataset(unknown.description, options());
    await writeFile(join(cache, 'small', images), gzip(idxFile([300, 28, 28], noise(300 * 784, 5))));
    await loadDataset(unknown.description, options());
    expect(sha256Of(await readFile(join(cache, 'small', images)))).toBe(sha256Of(unknown.served[images]));
  });

  it('is refused when its images are not of the described shape', async () => {
    server.serve('a', { [images]: gzip(idxFile([300, 4, 4], noise(300 * 16, 5))) });
    await expect(loadDataset(unknown.description, options())).rejects.toMatchObject({
      message: expect.stringContaining('has the shape [300,4,4], expected [300,28,28]'),
    });
  });
});

it('a published checksum of the compressed file is demanded of what is downloaded', async () => {
  const { description, contents, served } = smallDataset({ sums: 'compressed' });
  server.serve('a', { [images]: gzip(contents.trainImages, 0) });
  await expect(loadDataset(description, options())).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  server.serve('a', served);
  await loadDataset(description, options());
  expect(await readdir(join(cache, 'small'))).toEqual(Object.keys(served).sort());
});

describe('a cache that cannot be written', () => {
  it('and is complete is only read', async () => {
    await downloadDataset(known.description, options());
    const folder = join(cache, 'small');
    const before = (await stat(folder)).mtimeMs;
    await chmod(folder, 0o555);
    try {
      await loadDataset(known.description, options());
      expect(events).toEqual([]);
      expect((await stat(folder)).mtimeMs).toBe(before);
    } finally {
      await chmod(folder, 0o755);
    }
  });

  it('is told of; the data are used, and nothing of them stays', async () => {
    await mkdir(join(cache, '..'), { recursive: true });
    // No user can create a folder inside a file, not even root.
    await writeFile(cache, 'a file');
    vi.stubEnv('TMPDIR', await mkdtemp(join(temporary, 'temporary-')));
    try {
      const { train } = await loadDataset(known.description, options());
      expect(train.inputs).toEqual(known.contents.trainImages.subarray(16));
      expect(await readdir(tmpdir())).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
    expect(events).toEqual([{ type: 'uncached', folder: join(cache, 'small'), reason: expect.any(String) }]);
  });

  it('says that nothing is pinned', async () => {
    await mkdir(join(cache, '..'), { recursive: true });
    await writeFile(cache, 'a file');
    await loadDataset(unknown.description, options());
    expect(events).toHaveLength(5);
    expect(events.slice(1)).toMatchObject(Array(4).fill({ type: 'unverified', pinned: false }));
  });

  it('cannot be filled', async () => {
    await mkdir(join(cache, '..'), { recursive: true });
    await writeFile(cache, 'a file');
    await expect(downloadDataset(known.description, options())).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      argument: 'cache',
      value: cache,
      file: join(cache, 'small'),
      fix: 'Set cache to another folder.',
      message: expect.stringMatching(
        /small: The cache cannot be written: .*\. Set cache to another folder\.$/,
      ),
    });
  });

  it.runIf(process.platform === 'linux')('in /proc ends too', async () => {
    cache = '/proc/harmonic-mlp/cache';
    await loadDataset(known.description, options());
    expect(events).toMatchObject([{ type: 'uncached', reason: 'it does not exist' }]);
  });
});

it('a cache that cannot be read is named, with the reason', async () => {
  await mkdir(join(cache, 'small', images), { recursive: true });
  await expect(loadDataset(known.description, options())).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    argument: 'cache',
    file: expect.stringContaining(cache),
    message: expect.stringContaining(
      'The cache cannot be read or written: it is a folder. Set cache to another folder.',
    ),
  });
});

it('a proxy that is ignored is mentioned', async () => {
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.example:3128');
  server.script(`a/${images}`, status(404));
  try {
    await expect(loadDataset(known.description, options())).rejects.toThrow(
      'HTTPS_PROXY is set, but Node uses it only with NODE_USE_ENV_PROXY=1',
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

describe('what is on the disk', () => {
  const states = async (dataset = known.description, checksums = true) => {
    const { files, ...rest } = await inspectDataset(dataset, { cache, checksums });
    return { ...rest, states: Object.values(files).map(({ state }) => state), files };
  };

  it('is nothing at first, and nothing is made', async () => {
    expect(await states()).toMatchObject({
      name: 'small',
      title: 'Small',
      source: 'none',
      folder: join(cache, 'small'),
      states: ['missing', 'missing', 'missing', 'missing'],
      files: { trainImages: { path: join(cache, 'small', images) } },
    });
    expect(await stat(cache).catch(() => 'nothing made')).toBe('nothing made');
  });

  it('is told without reading it', async () => {
    await downloadDataset(known.description, options());
    expect(await states(known.description, false)).toMatchObject({
      source: 'cache',
      states: ['present', 'present', 'present', 'present'],
      files: { trainImages: { bytes: known.served[images].length } },
    });
  });

  it('is published, pinned, unverified, damaged or missing', async () => {
    await downloadDataset(known.description, options());
    expect((await states()).states).toEqual(['published', 'published', 'published', 'published']);

    expect((await states(unknown.description)).states[0]).toBe('unverified');
    await loadDataset(unknown.description, options());
    expect((await states(unknown.description)).states[0]).toBe('pinned');

    await writeFile(join(cache, 'small', images), corrupted);
    await rm(join(cache, 'small', 't10k-labels-idx1-ubyte.gz'));
    const { states: found, files } = await states();
    expect(found).toEqual(['damaged', 'published', 'published', 'missing']);
    expect(files.trainImages).toMatchObject({
      error: { code: 'CHECKSUM_MISMATCH', file: files.trainImages.path },
      reason: expect.stringContaining('is not the published one'),
    });
    expect((await states(unknown.description)).files.trainImages.reason).toContain(
      'is not the one first seen',
    );
  });
  const corrupted = gzip(idxFile([300, 28, 28], noise(300 * 784, 5)));
});

describe('names', () => {
  it('that are unknown are answered with the known ones', async () => {
    for (const call of [loadDataset, downloadDataset, inspectDataset]) {
      await expect(call('mnits')).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument: 'dataset',
        value: 'mnits',
        allowed: 'one of "mnist", "fashion-mnist", "kmnist", "qmnist", "emnist-letters", "emnist-balanced"',
        fix: 'Did you mean "mnist"?',
      });
    }
  });

  it('that lead out of the cache are refused', async () => {
    const { files } = known.description;
    const name = '../small';
    for (const [wrong, argument] of [
      [{ name }, 'dataset.name'],
      [{ files: { ...files, testLabels: { ...files.testLabels, name } } }, 'dataset.files.testLabels.name'],
    ] as const) {
      await expect(loadDataset({ ...known.description, ...wrong }, options())).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument,
        value: name,
      });
    }
  });
});

it.each<[string, (name: string, options: object) => Promise<unknown>, string]>([
  ['loadDataset', loadDataset, 'verfiy'],
  ['downloadDataset', downloadDataset, 'directory'],
  ['inspectDataset', inspectDataset, 'offline'],
])('%s refuses options that it does not have', async (_, call, argument) => {
  await expect(call('kmnist', { cache, [argument]: true })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    argument,
    value: true,
  });
});

it('a corrupted answer leaves nothing behind', async () => {
  server.script(`a/${images}`, corrupt(30), status(404));
  await expect(loadDataset(known.description, options())).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
  expect(await readdir(join(cache, 'small'))).toEqual([]);
});
