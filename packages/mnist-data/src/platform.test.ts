import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataServer } from '../test/support/data-server';
import { smallDataset } from '../test/support/small-dataset';
import { loadDataset as loadInBrowser } from './browser';
import { readIdx } from './idx';
import { loadDataset as loadInNode } from './node';

// Globals that Jest's jsdom hides and that Node's fetch itself does not need.
const missing = ['Blob', 'DecompressionStream', 'caches', 'crypto'];
const small = smallDataset({ sums: 'compressed' });
const file = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);

let server: DataServer;
beforeEach(async () => {
  server = await DataServer.start();
  server.serve('a', small.served);
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await server.stop();
});
const options = () => ({ mirrors: [server.url('a')], cache: false as const });

it('loads where an environment in Node hides what Node has', async () => {
  for (const name of missing) vi.stubGlobal(name, undefined);
  const { train, test } = await loadInBrowser(small.description, options());
  expect([train.size, test.size]).toEqual([300, 3]);
});

it('loads with a signal that cannot throw its reason itself, and stops with that reason', async () => {
  const { signal: whole } = new AbortController();
  const old = (aborted: boolean, reason?: unknown) =>
    ({ aborted, reason, addEventListener() {}, removeEventListener() {} }) as unknown as AbortSignal;
  expect(whole.aborted).toBe(false);
  const { train } = await loadInBrowser(small.description, { ...options(), signal: old(false) });
  expect(train.size).toBe(300);
  const reason = new Error('enough');
  await expect(loadInBrowser(small.description, { ...options(), signal: old(true, reason) })).rejects.toBe(
    reason,
  );
  await expect(loadInBrowser(small.description, { ...options(), signal: old(true) })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

it('loads where answers have no body to be read as it comes', async () => {
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', async (...args: Parameters<typeof fetch>) => {
    const { ok, status, headers, arrayBuffer } = await fetch(...args).then((response) => ({
      ok: response.ok,
      status: response.status,
      headers: response.headers,
      arrayBuffer: () => response.arrayBuffer(),
    }));
    return { ok, status, headers, arrayBuffer };
  });
  expect((await loadInBrowser(small.description, options())).train.size).toBe(300);
});

describe('what cannot be replaced is named', () => {
  it.each(['fetch', 'AbortController'])('%s', async (name) => {
    vi.stubGlobal(name, undefined);
    const refusal = {
      code: 'UNSUPPORTED',
      message: expect.stringMatching(
        new RegExp(
          `^${server.url('a')}train-images.* there is no ${name} here\\. Pass the files to .* as directory\\.$`,
        ),
      ),
    };
    await expect(loadInBrowser(small.description, options())).rejects.toMatchObject(refusal);
    const cache = await mkdtemp(join(tmpdir(), 'mnist-data-'));
    try {
      await expect(loadInNode(small.description, { ...options(), cache })).rejects.toMatchObject(refusal);
    } finally {
      await rm(cache, { recursive: true });
    }
  });

  it('DecompressionStream, which plain files do not need', async () => {
    vi.stubGlobal('DecompressionStream', undefined);
    // Keeping everything else, because the runner's own messages may arrive in the meantime.
    vi.stubGlobal('process', Object.create(process, { getBuiltinModule: { value: undefined } }));
    expect((await readIdx(file, 'digits')).shape).toEqual([2]);
    await expect(readIdx(gzipSync(file), 'digits')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      file: 'digits',
      message: expect.stringMatching(/no DecompressionStream here\..*Pass the uncompressed file\.$/),
    });
  });
});
