import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cut, DataServer, fine, other, page, status } from '../test/support/data-server';
import { gzip, idxFile, noise, sha256Of, smallDataset } from '../test/support/small-dataset';
import { type DatasetEvent, type LoadDatasetOptions, loadDataset, loadFile } from './browser';
import { parseIdx } from './idx';

const images = 'train-images-idx3-ubyte.gz';
const known = smallDataset();
const unknown = smallDataset({ sums: 'none' });

/** The path of an absolute address; throws for relative ones, which not every worker can resolve. */
const path = (address: string) => new URL(address).pathname;

/** The parts of the Cache API that are used. */
class FakeCache {
  /** By path. */
  readonly responses = new Map<string, Response>();
  match = async (key: string) => this.responses.get(path(key))?.clone();
  put = async (key: string, response: Response) => {
    if (this.full) throw new DOMException('Quota exceeded.', 'QuotaExceededError');
    this.responses.set(path(key), response);
  };
  full = false;
}

let stores: Map<string, FakeCache>;
let server: DataServer;
let events: DatasetEvent[];

beforeEach(async () => {
  stores = new Map();
  vi.stubGlobal('caches', {
    open: async (name: string) => {
      if (!stores.has(name)) stores.set(name, new FakeCache());
      return stores.get(name);
    },
  });
  server = await DataServer.start();
  server.serve('a', known.served);
  events = [];
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await server.stop();
});

const options = (): LoadDatasetOptions => ({
  mirrors: [server.url('a')],
  timeout: 500,
  onEvent: (event) => void (event.type !== 'progress' && events.push(event)),
});

it('fetches, keeps, and then needs no network', async () => {
  const { train, test } = await loadDataset(known.description, options());
  expect([train.size, test.size]).toEqual([300, 3]);
  expect([...stores.keys()]).toEqual(['harmonic-mlp-data']);
  server.log.length = 0;
  const again = await loadDataset(known.description, { ...options(), offline: true });
  expect(again.train.inputs).toEqual(known.contents.trainImages.subarray(16));
  expect([server.log, events]).toEqual([[], []]);
});

it('loads one file as it does the four: fetched, checked, kept', async () => {
  const { name, title, mirrors, files } = known.description;
  const load = (more: LoadDatasetOptions = {}) =>
    loadFile({ name, title, mirrors }, files.trainImages, { ...options(), ...more });
  const bytes = await load();
  expect(parseIdx(bytes, 'images')).toMatchObject({ shape: [300, 28, 28] });
  expect(server.log).toHaveLength(1);
  expect(await load({ offline: true })).toEqual(bytes);
  server.script(`a/${images}`, other(gzip(idxFile([300, 28, 28], noise(300 * 784, 5)))));
  await expect(load({ cache: false })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
});

it.each<[string, object, string]>([
  ['an unknown option', { directory: '/data' }, 'directory'],
  ['a timeout that has passed', { timeout: 0 }, 'timeout'],
  ['mirrors that are not a list', { mirrors: '/data/' }, 'mirrors'],
])('refuses %s', async (_, wrong, argument) => {
  const refusal = { code: 'INVALID_ARGUMENT', argument };
  const given = { ...options(), ...wrong };
  await expect(loadDataset(known.description, given)).rejects.toMatchObject(refusal);
  const { files } = known.description;
  await expect(loadFile(known.description, files.trainImages, given)).rejects.toMatchObject(refusal);
  expect(server.log).toEqual([]);
});

it('keeps files in the cache that is named', async () => {
  await loadDataset(known.description, { ...options(), cache: 'mine' });
  expect([...stores.keys()]).toEqual(['mine']);
});

it('goes on to the next server, and starts a cut download again', async () => {
  server.serve('b', known.served);
  server.script(`a/${images}`, page());
  server.script(`b/${images}`, cut(1000));
  await loadDataset(known.description, { ...options(), mirrors: [server.url('a'), server.url('b')] });
  expect(events).toMatchObject([
    { type: 'retry', reason: 'answered with a web page' },
    { type: 'retry', url: `${server.url('b')}${images}` },
  ]);
  // No header that a server from another origin would have to allow.
  expect(server.log.every(({ range }) => range === undefined)).toBe(true);
});

it('says why no server gave a file', async () => {
  server.script(`a/${images}`, status(403));
  await expect(loadDataset(known.description, options())).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: `${images} of Small cannot be downloaded:\n  ${server.url('a')}${images}: answered 403 Forbidden\nTry again, or set mirrors to servers that allow this page's origin (CORS).`,
  });
});

it('refuses another file, and keeps nothing of it', async () => {
  server.serve('a', { [images]: gzip(idxFile([300, 28, 28], noise(300 * 784, 5))) });
  await expect(loadDataset(known.description, options())).rejects.toMatchObject({
    code: 'CHECKSUM_MISMATCH',
  });
  expect(stores.get('harmonic-mlp-data')!.responses.size).toBe(0);
});

describe('a file that came uncompressed', () => {
  const compressed = smallDataset({ sums: 'compressed' });
  const plain = other(known.contents.trainImages);
  const encoded = other(gzip(known.contents.trainImages), { 'Content-Encoding': 'gzip' });

  it.each([
    ['plain, its checksum known', plain, known, 0],
    ['encoded, its checksum known', encoded, known, 0],
    ['encoded, that of the compressed file known', encoded, compressed, 1],
  ])('is taken: %s', async (_, answer, { description }, unverified) => {
    server.script(`a/${images}`, answer);
    const { train } = await loadDataset(description, options());
    expect(train.inputs).toEqual(known.contents.trainImages.subarray(16));
    expect(events.map(({ type }) => type)).toEqual(Array(unverified).fill('unverified'));
    expect((await loadDataset(description, { ...options(), offline: true })).train.size).toBe(train.size);
  });

  it('is refused when it is plain and only the checksum of the compressed file is known', async () => {
    server.script(`a/${images}`, plain);
    await expect(loadDataset(compressed.description, options())).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    });
  });
});

describe('offline', () => {
  it('needs what is in the cache', async () => {
    await expect(loadDataset(known.description, { ...options(), offline: true })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      argument: 'offline',
      value: true,
      message: `/small/${images}: The file is missing, and offline forbids downloading it. Load it once without offline.`,
    });
  });
});

describe('a file in the cache', () => {
  it('that is damaged is fetched again', async () => {
    await loadDataset(known.description, options());
    const { responses } = stores.get('harmonic-mlp-data')!;
    responses.set(`/small/${images}`, new Response(new Uint8Array([0x1f, 0x8b])));
    await loadDataset(known.description, options());
    expect(events).toMatchObject([{ type: 'retry', url: `/small/${images}` }]);
    expect((await responses.get(`/small/${images}`)!.clone().arrayBuffer()).byteLength).toBe(
      known.served[images].length,
    );
  });

  it('of no published checksum is pinned, and must stay the same', async () => {
    await loadDataset(unknown.description, options());
    expect(events[0]).toEqual({
      type: 'unverified',
      file: images,
      sha256: sha256Of(unknown.served[images]),
      pinned: true,
    });
    stores.get('harmonic-mlp-data')!.responses.delete(`/small/${images}`);
    server.serve('a', { [images]: gzip(idxFile([300, 28, 28], noise(300 * 784, 5))) });
    await expect(loadDataset(unknown.description, options())).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: expect.stringContaining(`delete /small/${images}.sha256 if it is meant to differ`),
    });
  });
});

describe('without a cache', () => {
  it.each<[string, LoadDatasetOptions]>([
    ['on an insecure page', {}],
    ['because none is wanted', { cache: false }],
  ])('%s files are fetched each time', async (_, { cache }) => {
    if (cache === undefined) vi.stubGlobal('caches', undefined);
    const given = { ...options(), cache };
    await loadDataset(unknown.description, given);
    await loadDataset(unknown.description, given);
    expect(server.log).toHaveLength(8);
    expect(events).toMatchObject(Array(8).fill({ type: 'unverified', pinned: false }));
  });

  it('that may be opened, the reason is told', async () => {
    vi.stubGlobal('caches', { open: () => Promise.reject(new DOMException('Not here.', 'SecurityError')) });
    await loadDataset(known.description, options());
    expect(events).toEqual([{ type: 'uncached', folder: 'harmonic-mlp-data', reason: 'Not here.' }]);
  });

  it('with room, the reason is told and the data are used', async () => {
    const full = new FakeCache();
    full.full = true;
    stores.set('harmonic-mlp-data', full);
    const { train } = await loadDataset(known.description, options());
    expect(train.size).toBe(300);
    expect(events[0]).toEqual({ type: 'uncached', folder: 'harmonic-mlp-data', reason: 'Quota exceeded.' });
  });
});

it('stops with the reason of the signal', async () => {
  const control = new AbortController();
  server.script(`a/${images}`, (exchange) => {
    control.abort(new Error('enough'));
    return fine()(exchange);
  });
  await expect(loadDataset(known.description, { ...options(), signal: control.signal })).rejects.toThrow(
    'enough',
  );
});

it('a page in a sandbox, which may not ask for caches, loads without', async () => {
  vi.stubGlobal('caches', undefined);
  Object.defineProperty(globalThis, 'caches', {
    configurable: true,
    get() {
      throw new DOMException('The document is sandboxed.', 'SecurityError');
    },
  });
  try {
    expect((await loadDataset(known.description, options())).train.size).toBe(300);
    expect(events.map(({ type }) => type)).toEqual(['uncached']);
  } finally {
    vi.unstubAllGlobals();
  }
});
