import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DatasetEvent, type DownloadOptions, downloadDataset, loadDataset } from '../src/node';
import {
  type Answer,
  corrupt,
  cut,
  DataServer,
  fine,
  ignoresRange,
  other,
  page,
  redirect,
  silence,
  slowly,
  stall,
  status,
} from './support/data-server';
import { gzip, idxFile, sha256Of, smallDataset } from './support/small-dataset';

const images = 'train-images-idx3-ubyte.gz';
const { description, contents, served } = smallDataset();
const size = served[images].length;

let temporary: string;
let cache: string;
let server: DataServer;

beforeAll(async () => {
  temporary = await realpath(await mkdtemp(join(tmpdir(), 'données 手書き %23 ')));
});
afterAll(() => rm(temporary, { recursive: true }));
beforeEach(async () => {
  cache = await mkdtemp(join(temporary, 'cache '));
  server = await DataServer.start();
  server.serve('a', served);
  server.serve('b', served);
});
afterEach(() => server.stop());

/** Loads from the mirrors, and returns the events except progress. */
async function load(
  dataset = description,
  { mirrors = [server.url('a')], ...options }: DownloadOptions = {},
) {
  const events: DatasetEvent[] = [];
  const onEvent = (event: DatasetEvent) => {
    if (event.type !== 'progress') events.push(event);
  };
  const loading = loadDataset(dataset, { cache, mirrors, timeout: 300, ...options, onEvent });
  const result = await loading.catch((error) => ({ error }));
  return { ...result, events, error: 'error' in result ? result.error : undefined };
}

const cached = async (name = description.name) => (await readdir(join(cache, name))).sort();
const complete = Object.keys(served).sort();
const requests = (folder: string) => server.log.filter(({ path }) => path === `/${folder}/${images}`);

/** Checks that the training images read from the cache are those that were served. */
async function expectGood(name = description.name): Promise<void> {
  expect(await cached(name)).toEqual(complete);
  expect(sha256Of(await readFile(join(cache, name, images)))).toBe(sha256Of(served[images]));
}

it('a download fills the cache, from which the next time loads offline', async () => {
  const { train, test } = await loadDataset(description, { cache, mirrors: [server.url('a')] });
  expect([train.size, test.size, train.classNames]).toEqual([300, 3, ['a', 'b', 'c']]);
  expect(train.inputs).toEqual(contents.trainImages.subarray(16));
  await expectGood();
  server.log.length = 0;
  await loadDataset(description, { cache, offline: true });
  expect(server.log).toEqual([]);
});

it('progress is told up to the whole file, which has its name only then', async () => {
  const events: DatasetEvent[] = [];
  const isThere: boolean[] = [];
  const folder = await downloadDataset(description, {
    cache,
    mirrors: [server.url('a')],
    onEvent: (event) => {
      events.push(event);
      if ('file' in event && event.file === images) isThere.push(existsSync(join(cache, 'small', images)));
    },
  });
  expect(new Set(isThere)).toEqual(new Set([false]));
  expect(folder).toBe(join(cache, 'small'));
  const received = events.flatMap((event) =>
    event.type === 'progress' && event.file === images ? [event.received] : [],
  );
  expect(received).toEqual([...received].sort((a, b) => a - b));
  expect(events.filter(({ type }) => type === 'progress').pop()).toMatchObject({
    url: expect.stringContaining('/a/'),
    total: served['t10k-labels-idx1-ubyte.gz'].length,
  });
  expect(received.at(-1)).toBe(size);
});

describe('a server that', () => {
  const bad: [string, Answer[], string][] = [
    ['has no such file', [status(404)], 'answered 404 Not Found'],
    ['has nothing to say', [status(204)], 'answered 204 without a file'],
    ['forbids it', [status(403)], 'answered 403 Forbidden'],
    ['fails', [status(500), status(500), status(500)], 'answered 500 Internal Server Error'],
    ['serves a web page', [page()], 'answered with a web page'],
    ['serves a web page as a file', [page('application/gzip')], 'answered with a web page'],
    ['redirects for ever', [], 'redirect count exceeded'],
    ['says nothing', [silence, silence, silence], 'sent nothing for 0.3 s'],
    ['stalls', [stall(999), stall(999), stall(999)], 'sent nothing for 0.3 s'],
    ['cuts the connection', [cut(99), cut(99), cut(99)], 'cut the connection'],
    ['sends too much', [other(new Uint8Array(size + 2 ** 17).fill(31))], 'sent more than'],
    [
      'serves nothing',
      [other(new Uint8Array()), other(new Uint8Array()), other(new Uint8Array())],
      'cut short',
    ],
    [
      'serves another file',
      [other(gzip(idxFile([1], [7])))],
      'The file is not the published one: its SHA-256 is',
    ],
  ];

  it.each(bad)('%s is passed over for the next', async (_, answers, reason) => {
    server.script(`a/${images}`, ...(answers.length > 0 ? answers : forEver()));
    const { error, events } = await load(description, { mirrors: [server.url('a'), server.url('b')] });
    expect(error).toBeUndefined();
    expect(events).toEqual([
      {
        type: 'retry',
        file: images,
        url: `${server.url('a')}${images}`,
        reason: expect.stringContaining(reason),
      },
    ]);
    await expectGood();
  });

  it.each(bad)('%s, alone, is told of, and the next try works', async (_, answers, reason) => {
    server.script(`a/${images}`, ...(answers.length > 0 ? answers : forEver()));
    const { error } = await load();
    expect(error).toMatchObject({
      code: reason.includes('published') ? 'CHECKSUM_MISMATCH' : 'DOWNLOAD_FAILED',
      message: expect.stringContaining(
        `${images} of Small cannot be downloaded:\n  ${server.url('a')}${images}: `,
      ),
    });
    expect(error.message).toContain(reason);
    expect(error.fix).toContain('Try again, or get the files of Small yourself');
    if (error.code === 'CHECKSUM_MISMATCH') {
      const inOwnTerms = error.describe((name: string) => (name === 'verify: false' ? '--no-verify' : name));
      expect(inOwnTerms).toContain('or load it with --no-verify if it is meant to differ.\nTry again');
    }
    // No partial file under the name of a complete one.
    expect(await cached()).not.toContain(images);
    server.script(`a/${images}`);
    expect((await load()).error).toBeUndefined();
    await expectGood();
  });

  const forEver = () => Array<Answer>(200).fill(redirect(`${server.url('a')}${images}`));

  it('corrupts a byte is asked again', async () => {
    server.script(`a/${images}`, corrupt(size >> 1));
    const { error, events } = await load();
    expect(error).toBeUndefined();
    expect(events).toMatchObject([{ type: 'retry' }]);
    await expectGood();
  });

  it('fails once is asked again', async () => {
    server.script(`a/${images}`, status(503));
    expect((await load()).error).toBeUndefined();
    expect(requests('a')).toHaveLength(2);
  });

  it('redirects is followed', async () => {
    server.script(`a/${images}`, redirect(`${server.url('b')}${images}`));
    expect((await load()).events).toEqual([]);
    expect(requests('b')).toHaveLength(1);
  });

  it('is slow but steady has its time', async () => {
    server.script(`a/${images}`, slowly(6, 100));
    expect((await load()).events).toEqual([]);
    expect(requests('a')).toHaveLength(1);
  });

  it('tells no length loads', async () => {
    server.script(`a/${images}`, other(served[images]));
    expect((await load()).events).toEqual([]);
  });

  it('ends early without having told a length is asked again', async () => {
    server.script(`a/${images}`, cut(size >> 1, { length: false }));
    const { error, events } = await load();
    expect(error).toBeUndefined();
    expect(events).toMatchObject([{ type: 'retry', reason: expect.stringContaining('cut short') }]);
    await expectGood();
  });

  it('tells a wrong length is asked again', async () => {
    server.script(`a/${images}`, other(served[images], { 'Content-Length': size - 10 }));
    expect((await load()).error).toBeUndefined();
    await expectGood();
  });

  it('encodes what it sends is understood', async () => {
    server.script(`a/${images}`, other(gzip(served[images]), { 'Content-Encoding': 'gzip' }));
    expect((await load()).events).toEqual([]);
    await expectGood();
    expect(requests('a')[0].encoding).toBe('identity');
  });

  describe('gives an unpacked file, of which only the compressed one has a known checksum,', () => {
    const { description: compressed, contents } = smallDataset({ name: 'compressed', sums: 'compressed' });
    const forged = Uint8Array.from(contents.trainImages, (byte, i) => (i === 5000 ? byte ^ 1 : byte));

    it('is not believed', async () => {
      server.script(`a/${images}`, other(forged));
      const { error } = await load(compressed);
      expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      expect(await cached('compressed')).toEqual([]);

      server.script(`a/${images}`, other(forged));
      const mirrors = [server.url('a'), server.url('b')];
      const second = await load(compressed, { mirrors });
      expect(second.events).toMatchObject([{ type: 'retry', url: `${server.url('a')}${images}` }]);
      expect(second.error).toBeUndefined();
    });

    it('is taken where the transfer was encoded, and is told of and pinned', async () => {
      const encoded = other(gzip(contents.trainImages), { 'Content-Encoding': 'gzip' });
      server.script(`a/${images}`, encoded);
      const { error, events } = await load(compressed);
      expect(error).toBeUndefined();
      expect(events).toMatchObject([{ type: 'unverified', file: images, pinned: true }]);
      expect((await load(compressed, { offline: true })).events).toEqual([]);

      await writeFile(join(cache, 'compressed', images), forged);
      const { error: changed } = await load(compressed, { offline: true });
      expect(changed).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    });

    it('is not taken from the cache without a pinned checksum', async () => {
      await load(compressed);
      await writeFile(join(cache, 'compressed', images), contents.trainImages);
      expect((await load(compressed, { offline: true })).error).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    });
  });

  it('is not there is told of', async () => {
    const away = await DataServer.start();
    const url = away.url('a');
    await away.stop();
    const { error } = await load(description, { mirrors: [url] });
    expect(error).toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('refused the connection'),
    });
  });
});

it('mirrors that are not a list are refused', async () => {
  const mirrors = server.url('a') as unknown as string[];
  await expect(loadDataset(description, { cache, mirrors })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    argument: 'mirrors',
    value: mirrors,
    allowed: 'a list of addresses',
  });
});

describe('a cut download', () => {
  it('is gone on with at once while it gets further', async () => {
    server.script(`a/${images}`, cut(100_000), cut(100_000));
    const { error, events } = await load();
    expect(error).toBeUndefined();
    // A busy machine may not have read all that was sent when the connection ends.
    const reached = events.map((event) =>
      Number(/^cut the connection after (\d+) bytes$/.exec('reason' in event ? event.reason : '')?.[1]),
    );
    const [first, second] = reached;
    expect(requests('a').map(({ range, sent }) => [range, sent])).toEqual([
      [undefined, 100_000],
      [`bytes=${first}-`, 100_000],
      [`bytes=${second}-`, size - second],
    ]);
    expect(reached).toHaveLength(2);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first);
    expect(requests('a')[1].ifRange).toMatch(/^"/);
    await expectGood();
  });

  it('is gone on with at another mirror', async () => {
    server.script(`a/${images}`, cut(10_000));
    expect((await load(description, { mirrors: [server.url('a'), server.url('b')] })).error).toBeUndefined();
    expect(requests('b')).toMatchObject([{ range: 'bytes=10000-', sent: size - 10_000 }]);
    await expectGood();
  });

  it('is gone on with the next time', async () => {
    server.script(`a/${images}`, cut(10_000), status(404));
    expect((await load()).error).toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect(await cached()).toEqual([`${images}.part`]);
    server.log.length = 0;
    expect((await load()).error).toBeUndefined();
    expect(requests('a')).toMatchObject([{ range: 'bytes=10000-', sent: size - 10_000 }]);
    await expectGood();
  });

  it('is not given up for a web page', async () => {
    server.script(`a/${images}`, cut(10_000), page(), page('application/gzip'));
    await load();
    expect(await cached()).toEqual([`${images}.part`]);
    await load();
    server.log.length = 0;
    expect((await load()).error).toBeUndefined();
    expect(requests('a')).toMatchObject([{ range: 'bytes=10000-', sent: size - 10_000 }]);
    await expectGood();
  });

  it('starts again where the server ignores ranges', async () => {
    server.script(`a/${images}`, cut(10_000), ignoresRange);
    expect((await load()).error).toBeUndefined();
    expect(requests('a')).toMatchObject([{ sent: 10_000 }, { range: 'bytes=10000-', sent: size }]);
    await expectGood();
  });

  it('starts again where the file has changed meanwhile', async () => {
    server.script(`a/${images}`, cut(10_000), fine({ tag: () => '"new"' }));
    expect((await load()).error).toBeUndefined();
    expect(requests('a')).toMatchObject([{ sent: 10_000 }, { range: 'bytes=10000-', sent: size }]);
    await expectGood();
  });

  it('starts again where two mirrors have different files', async () => {
    server.serve('b', { [images]: gzip(contents.trainImages, 0) });
    server.script(`a/${images}`, cut(10_000), status(404));
    const { error } = await load(description, { mirrors: [server.url('a'), server.url('b')] });
    expect(error).toBeUndefined();
    expect(requests('b')).toMatchObject([{ range: 'bytes=10000-' }, { range: undefined }]);
    expect(await cached()).toEqual(complete);
  });

  it('that was whole is only put on its place', async () => {
    expect((await load()).error).toBeUndefined();
    await rm(join(cache, 'small', images));
    await writeFile(join(cache, 'small', `${images}.part`), served[images]);
    server.log.length = 0;
    expect((await load()).error).toBeUndefined();
    expect(requests('a')).toMatchObject([{ range: `bytes=${size}-`, sent: 0 }]);
    await expectGood();
  });

  it('starts again where what is left is longer than the file', async () => {
    expect((await load()).error).toBeUndefined();
    await rm(join(cache, 'small', images));
    await writeFile(join(cache, 'small', `${images}.part`), new Uint8Array(size + 9));
    expect((await load()).error).toBeUndefined();
    await expectGood();
  });
});

describe('stopping a download', () => {
  it('rejects with the reason, keeps what came, and the next goes on', async () => {
    server.script(`a/${images}`, stall(50_000));
    const control = new AbortController();
    const reason = new Error('enough');
    const loading = loadDataset(description, {
      cache,
      mirrors: [server.url('a')],
      signal: control.signal,
      onEvent: (event) => event.type === 'progress' && event.received >= 50_000 && control.abort(reason),
    });
    await expect(loading).rejects.toBe(reason);
    expect(await cached()).toEqual([`${images}.part`]);
    expect((await load()).error).toBeUndefined();
    expect(requests('a')[1].range).toMatch(/^bytes=\d+-$/);
    await expectGood();
  });

  it('is not listened for any more when the downloads are over', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    server.script(`a/${images}`, status(500), status(500), status(500));
    await load(description, { signal });
    await load(description, { signal });
    expect(listeners).toBe(0);
  });

  it('before it begins asks no server', async () => {
    await expect(
      loadDataset(description, {
        cache,
        mirrors: [server.url('a')],
        signal: AbortSignal.abort(new Error('no')),
      }),
    ).rejects.toThrow('no');
    expect(server.log).toEqual([]);
  });

  it('ends the pause between two rounds', async () => {
    server.script(`a/${images}`, ...Array<Answer>(3).fill(status(503)));
    const control = new AbortController();
    const loading = loadDataset(description, { cache, mirrors: [server.url('a')], signal: control.signal });
    while (requests('a').length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    control.abort(new Error('enough'));
    await expect(loading).rejects.toThrow('enough');
  });
});
