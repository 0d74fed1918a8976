import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { launchChromium, missingChromium } from '../../../test/support/chromium';
import { serveFolder } from '../../../test/support/static-server';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const missing = missingChromium();
const isolating = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Trains with one, two, and three threads, in a worker or in the page itself. */
const program = `
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { env, setBackend } from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';

async function train(threads) {
  const inputs = Array.from({ length: 64 }, (_, i) => Array.from({ length: 40 }, (_, k) => Math.sin(i * k)));
  const model = new HarmonicMLP({ inputSize: 40, classes: 3, hidden: [70], seed: 1 });
  let event;
  const result = await model.fit(
    { inputs, targets: inputs.map((_, i) => i % 3) },
    { epochs: 20, batchSize: 32, threads, onWarning() {}, onCapture: (given) => { event = given; } },
  );
  const weights = Object.values(model.variables).flatMap((variable) => [...variable.dataSync()]);
  return { captured: result.captured, threads: result.threads, reason: event.threadReason, weights };
}

async function run() {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths(new URL('./', location.href).href);
  await setBackend('wasm');
  await registerWasmKernels();
  return { isIsolated: crossOriginIsolated, runs: [await train(1), await train(2), await train(3)] };
}

if (typeof document === 'undefined') run().then(postMessage, (error) => postMessage({ error: error.stack }));
else globalThis.inPage = run;
`;

const page = `<!doctype html><link rel="icon" href="data:,"><script src="./program.js"></script><script>
globalThis.inWorker = () =>
  new Promise((resolve) => {
    const worker = new Worker('./program.js');
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message });
  });
</script>`;

interface Result {
  error?: string;
  isIsolated: boolean;
  runs: { captured: boolean; threads: number; reason?: string; weights: number[] }[];
}

let folder: string;
let browser: Browser | undefined;

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'threads-'));
  const here = fileURLToPath(new URL('.', import.meta.url));
  await build({
    stdin: { contents: program, resolveDir: here, loader: 'js' },
    bundle: true,
    format: 'iife',
    minify: true,
    outfile: join(folder, 'program.js'),
    logLevel: 'silent',
  });
  await writeFile(join(folder, 'index.html'), page);
  const require = createRequire(import.meta.url);
  const wasm = dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
  for (const kind of ['', '-simd', '-threaded-simd'])
    await cp(join(wasm, `tfjs-backend-wasm${kind}.wasm`), join(folder, `tfjs-backend-wasm${kind}.wasm`));
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});
beforeEach(({ skip }) => skip(missing !== undefined, missing));

async function resultOf(headers: Record<string, string>, call: 'inWorker()' | 'inPage()'): Promise<Result> {
  const server = await serveFolder(folder, headers);
  const tab = await browser!.newPage();
  const errors: string[] = [];
  tab.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  try {
    await tab.goto(server.url);
    const result = await tab.evaluate<Result>(call);
    expect([result.error, ...errors]).toEqual([undefined]);
    return result;
  } finally {
    await tab.close();
    await server.close();
  }
}

it('In a worker of an isolated page, several threads compute the bits of one', async () => {
  const { isIsolated, runs } = await resultOf(isolating, 'inWorker()');
  expect(isIsolated).toBe(true);
  expect(runs).toMatchObject([1, 2, 3].map((threads) => ({ captured: true, threads })));
  for (const { weights } of runs) expect(weights).toEqual(runs[0].weights);
});

it('Without isolation there is one thread, with a reason', async () => {
  const { isIsolated, runs } = await resultOf({}, 'inWorker()');
  expect(isIsolated).toBe(false);
  expect(runs[2]).toMatchObject({ captured: true, threads: 1 });
  expect(runs[2].reason).toMatch(
    /^the page is not cross-origin isolated: its server does not send Cross-Origin/,
  );
  expect(runs[2].weights).toEqual(runs[0].weights);
});

it('In the page itself there is one thread, with a reason', async () => {
  const { runs } = await resultOf(isolating, 'inPage()');
  expect(runs[2]).toMatchObject({ captured: true, threads: 1 });
  expect(runs[2].reason).toMatch(/a page has to train in a worker/);
});
