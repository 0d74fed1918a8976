import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchChromium, missingChromium } from '../support/chromium';
import { serveFolder } from '../support/static-server';
import { outputOf, run } from './command';
import { installProject, type Project } from './project';
import { publishedPackages } from './published-packages';

const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');

/** All that a page can import. */
const entries = publishedPackages
  .flatMap(({ entries }) => entries.map(({ specifier }) => specifier))
  .filter((specifier) => !specifier.endsWith('/node'));

interface WithKernels {
  simd?: string;
  active: number;
  reasons: string[];
  result: Record<string, unknown>;
}

/** Expects what a page has trained to be what Node has, but for the last digits. */
function expectSameTraining(here: Record<string, unknown>, there: Record<string, never>): void {
  const { losses, probabilities, activations, ...rest } = here;
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
  // Vite puts an empty module in the place of one of Node's, and warns.
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

    // Every file comes from the page's own server: nobody is asked for what the bundle lacks.
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

  // tfjs makes its workers of the text of its own functions, which has to stay as it is.
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
