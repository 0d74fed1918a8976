import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium, missingChromium } from '../../../test/support/chromium';
import type { DatasetEvent, LoadDatasetOptions } from '../src/browser';
import type { DatasetDescription } from '../src/description';
import { gzip, smallDataset } from './support/small-dataset';

// The loader in a real browser, with its fetch, its cache, and its cross-origin rules.

const missing = missingChromium();
const { description, contents } = smallDataset();
const served = new Map(
  Object.entries(description.files).map(([role, { name }]) => [
    `/data/${name}.gz`,
    Buffer.from(gzip(contents[role as keyof typeof contents])),
  ]),
);

/** What the page returns after loading. */
interface Loaded {
  events: DatasetEvent[];
  error?: { code: string; message: string };
  sizes?: number[];
  pixels?: number[];
  labels?: number[];
}

const source = `
  import { loadDataset } from './browser';
  globalThis.load = async (description, options) => {
    const events = [];
    try {
      const { train, test } = await loadDataset(description, { ...options, onEvent: (event) => events.push(event) });
      const { pixels } = train.image(1);
      return { events, sizes: [train.size, test.size], pixels: [...pixels.slice(0, 9)], labels: [...test.labels] };
    } catch ({ code, message }) {
      return { events, error: { code, message } };
    }
  };`;

let browser: Browser;
let page: Page;
const servers: Server[] = [];
let origin: string;
let foreign: string;
/** The files requested from each server. */
const asked: string[] = [];
/** Responses from the page's own server in place of files. */
const instead = new Map<
  string,
  { status?: number; headers?: Record<string, string>; body: Buffer | string }
>();

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

beforeAll(async () => {
  if (missing !== undefined) return;
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('../src', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    alias: { '@harmonic-mlp/core': fileURLToPath(new URL('../../core/src/index.ts', import.meta.url)) },
    logLevel: 'silent',
  });
  const script = outputFiles[0].contents;
  origin = await listen(
    createServer(({ url = '/' }, response) => {
      if (url === '/') {
        response.setHeader('content-type', 'text/html');
        return response.end('<link rel="icon" href="data:,"><script type="module" src="page.js"></script>');
      }
      if (url === '/page.js') {
        response.setHeader('content-type', 'text/javascript');
        return response.end(script);
      }
      asked.push(url);
      const { status = 200, headers = {}, body } = instead.get(url) ?? { body: served.get(url) };
      return response.writeHead(body === undefined ? 404 : status, headers).end(body);
    }),
  );
  // Another origin, which does not let pages from other sites read what it serves.
  foreign = await listen(createServer(({ url = '/' }, response) => response.end(served.get(url))));
  browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

beforeEach(async ({ skip }) => {
  skip(missing !== undefined, missing);
  asked.length = 0;
  instead.clear();
  // A new context has an empty cache.
  const context = await browser.newContext();
  page = await context.newPage();
  await page.goto(origin);
  await page.waitForFunction('globalThis.load !== undefined');
});

const load = (options: LoadDatasetOptions = {}, what: DatasetDescription = description): Promise<Loaded> =>
  page.evaluate(
    ([what, options]) =>
      (globalThis as unknown as { load: (...args: unknown[]) => Promise<Loaded> }).load(what, options),
    [what, { mirrors: ['/data'], ...options }] as const,
  );

const expected = {
  sizes: [300, 3],
  pixels: [...contents.trainImages.subarray(16 + 784, 16 + 784 + 9)],
  labels: [2, 1, 0],
};

describe('in Chromium', () => {
  it('a data set is fetched once, verified, and then comes from the cache, also offline', async () => {
    const first = await load();
    expect(first).toMatchObject(expected);
    expect(first.events.every(({ type }) => type === 'progress')).toBe(true);
    expect(asked.sort()).toEqual([...served.keys()].sort());
    asked.length = 0;

    expect(await load()).toEqual({ ...expected, events: [] });
    await page.reload();
    await page.waitForFunction('globalThis.load !== undefined');
    expect(await load({ offline: true })).toEqual({ ...expected, events: [] });
    expect(asked).toEqual([]);
  });

  it('without a cache it is fetched each time, and offline it is missing', async () => {
    await load({ cache: false });
    await load({ cache: false });
    expect(asked).toHaveLength(8);
    const { error } = await load({ offline: true });
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', message: expect.stringContaining('offline') });
  });

  it('a mirror that lets no other site read is passed over', async () => {
    const loaded = await load({ mirrors: [`${foreign}data/`, '/data/'] });
    expect(loaded).toMatchObject(expected);
    expect(loaded.events).toContainEqual(expect.objectContaining({ type: 'retry' }));
    const { error } = await load({ mirrors: [`${foreign}data/`], cache: false });
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining('CORS') });
  });

  it('a file that the browser has uncompressed on the way is taken', async () => {
    for (const [url, body] of served) instead.set(url, { headers: { 'content-encoding': 'gzip' }, body });
    expect(await load()).toMatchObject(expected);
    expect(await load({ offline: true })).toMatchObject(expected);
  });

  it('another file, a web page and an error are refused, nothing is kept, and the next try works', async () => {
    const [url] = served.keys();
    for (const [answer, code] of [
      [{ body: Buffer.from(gzip(contents.testImages)) }, 'CHECKSUM_MISMATCH'],
      [{ headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Sign in' }, 'DOWNLOAD_FAILED'],
      [{ status: 403, body: 'no' }, 'DOWNLOAD_FAILED'],
    ] as const) {
      instead.set(url, answer);
      expect((await load()).error?.code, code).toBe(code);
    }
    instead.clear();
    expect(await load()).toMatchObject(expected);
  });

  it('without a known checksum, what was first seen is pinned', async () => {
    const { description: unknown } = smallDataset({ name: 'unknown', sums: 'none' });
    const first = await load({}, unknown);
    expect(first.events.filter(({ type }) => type === 'unverified')).toHaveLength(4);
    expect(await load({}, unknown)).toEqual({ ...expected, events: [] });
  });
});
