/** @module-tag long */

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium, missingChromium } from '../support/chromium';
import { onceInRun } from '../support/once-in-run';
import { serveFolder } from '../support/static-server';
import { outputOf, run } from './command';
import { currentTensorflow } from './project';
import { root } from './published-packages';
import { packed } from './tarballs';

const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
const page = await readFile(join(root, 'docs/faster-tfjs.md'), 'utf8');

/** The first block of code in a language after a text. */
function blockAfter(text: string, language: string): string {
  const start = page.indexOf(text);
  const [, code] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page.slice(start)) ?? [];
  if (start < 0 || code === undefined) throw new Error(`There is no ${language} after ${text}.`);
  return code;
}

const training = blockAfter('<!-- training -->', 'js');

/** Trains as the page does, and looks at what is replaced. */
const report = `${training}
const { kernels } = await tf.profile(() => tf.tidy(() => tf.grad((x) => model.predict(x).sum())(x)));
const own = /registeredVariables/.test(String(tf.AdamOptimizer.prototype.applyGradients));
const result = { backend: tf.getBackend(), losses: history.loss, replaced: !own, kernels: kernels.length > 0 };
`;

function expectTraining(result: { backend: string; losses: number[]; replaced: boolean; kernels: boolean }) {
  expect(result).toMatchObject({ backend: 'wasm', replaced: true, kernels: true });
  expect(result.losses).toHaveLength(10);
  expect(result.losses[9]).toBeLessThan(0.9 * result.losses[0]);
}

let folder: string;
let missing: string | undefined;

beforeAll(async () => {
  ({ folder, missing } = await onceInRun('faster tfjs', install));
}, 300_000);
beforeEach(({ skip }) => skip(missing !== undefined, missing));

/** What the page says, and the bundler that is not among this repository's. */
async function install(place: string): Promise<{ folder: string; missing?: string }> {
  const tarballs = await packed();
  const ours = ['@harmonic-mlp/core', '@harmonic-mlp/wasm-kernels'].map((name) => [
    name,
    `file:${tarballs[name]}`,
  ]);
  const tensorflow = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'].map((name) => [
    name,
    currentTensorflow,
  ]);
  const dependencies = Object.fromEntries([...ours, ...tensorflow, ['webpack', '^5'], ['webpack-cli', '^6']]);
  await writeFile(
    join(place, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  );
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--fetch-retries=1'];
  const { code, stdout, stderr } = await run(['npm', 'install', ...flags], place);
  if (code === 0) return { folder: place };
  if (process.env.REQUIRE_REGISTRY) throw new Error(`npm install ended with ${code}:\n${stdout}${stderr}`);
  return { folder: place, missing: `npm install ended with ${code}: ${stderr.slice(0, 200)}` };
}

it('Node trains with it', async () => {
  const program = `${blockAfter('## Node', 'js')}${report}console.log(JSON.stringify(result));\n`;
  await writeFile(join(folder, 'program.js'), program);
  const output = await outputOf([process.execPath, 'program.js'], folder);
  expectTraining(JSON.parse(output.trim().split('\n').at(-1)!));
});

describe('a page trains with it', () => {
  beforeEach(({ skip }) => {
    const reason = missingChromium();
    skip(reason !== undefined, reason);
  });

  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    if (missingChromium() === undefined) browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  /** What a page in a folder leaves in `globalThis.result`. */
  async function visit(place: string) {
    const server = await serveFolder(place);
    const tab = await browser.newPage();
    const errors: string[] = [];
    const requests: string[] = [];
    tab.on('pageerror', (error) => errors.push(String(error.stack)));
    tab.on('console', (message) => {
      if (message.type() === 'error' || /changes nothing/.test(message.text())) errors.push(message.text());
    });
    tab.on('request', (request) => requests.push(request.url()));
    try {
      await tab.goto(server.url);
      const result = await tab
        .waitForFunction('globalThis.result', undefined, { timeout: 60_000 })
        .catch(() => null);
      expect(errors).toEqual([]);
      expect(requests.filter((url) => !url.startsWith(server.url))).toEqual([]);
      return (await result!.jsonValue()) as Parameters<typeof expectTraining>[0];
    } finally {
      await tab.close();
      await server.close();
    }
  }

  const icon = '<!doctype html><link rel="icon" href="data:,">';

  it('behind Vite', { timeout: 120_000 }, async () => {
    const place = join(folder, 'with-vite');
    await mkdir(place);
    await writeFile(
      join(place, 'main.js'),
      `${blockAfter('## Vite', 'js')}${report}globalThis.result = result;\n`,
    );
    await writeFile(join(place, 'index.html'), `${icon}<script type="module" src="./main.js"></script>`);
    await outputOf([process.execPath, vite, 'build', 'with-vite'], folder);
    expectTraining(await visit(join(place, 'dist')));
  });

  it('behind webpack', { timeout: 120_000 }, async () => {
    const place = join(folder, 'with-webpack');
    await mkdir(join(place, 'dist'), { recursive: true });
    await writeFile(
      join(place, 'main.js'),
      `${blockAfter('## webpack', 'js')}${report}globalThis.result = result;\n`,
    );
    await writeFile(join(place, 'dist/index.html'), `${icon}<script src="./main.js"></script>`);
    const webpack = join(folder, 'node_modules/webpack-cli/bin/cli.js');
    const flags = ['--mode', 'production', '--entry', './with-webpack/main.js', '-o', 'with-webpack/dist'];
    await outputOf([process.execPath, webpack, ...flags], folder);
    expectTraining(await visit(join(place, 'dist')));
  });

  it('with script tags', { timeout: 120_000 }, async () => {
    const place = join(folder, 'with-tags');
    await mkdir(join(place, 'lib'), { recursive: true });
    for (const [, from] of blockAfter('## A script tag', 'sh').matchAll(/^cp (\S+) lib$/gm)) {
      const files = from.includes('*')
        ? ['', '-simd', '-threaded-simd'].map((kind) => `tfjs-backend-wasm${kind}.wasm`)
        : [''];
      for (const file of files) {
        const path = from.replace('*.wasm', file);
        await copyFile(join(folder, path), join(place, 'lib', path.split('/').at(-1)!));
      }
    }
    const html = blockAfter('## A script tag', 'html');
    const end = '</script>\n';
    expect(html.endsWith(end)).toBe(true);
    const script = `${html.slice(0, -end.length)}${report}globalThis.result = result;\n${end}`;
    await writeFile(join(place, 'index.html'), `${icon}${script}`);
    expectTraining(await visit(place));
  });
});
