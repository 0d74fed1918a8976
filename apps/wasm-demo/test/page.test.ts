import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type AxeCore from 'axe-core';
import { inspectModelFile } from 'harmonic-mlp';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { chromiumOptions, missingChromium } from '../../../test/support/chromium';
import { start } from '../../node-trainer/test/trainer-process';
import { built, DemoPage, DemoSite } from './demo-page';

vi.setConfig({ testTimeout: 300_000 });

const missing = missingChromium();
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

it('loads with at most 443 kB, compressed, without the images and what only made data, tfjs-layers, or WebGPU need', async () => {
  const assets = await readdir(join(built, 'assets'));
  const main = assets.find((name) => /^index-.*\.js$/.test(name))!;
  const worker = assets.find((name) => /^worker-.*\.js$/.test(name))!;
  const later: string[] = [];
  for (const file of [main, worker]) {
    const code = await readFile(join(built, 'assets', file), 'utf8');
    later.push(...[...code.matchAll(/\bimport\(.\.\/([\w-]+\.js)/g)].map(([, name]) => name));
  }
  expect(later.map((name) => name.split('-')[0])).toEqual(['learned', 'layers', 'webgpu']);
  const first = assets.filter((name) => !later.includes(name)).map((name) => `assets/${name}`);
  const sizes = await Promise.all(
    ['index.html', ...first].map(
      async (file) => gzipSync(await readFile(join(built, file)), { level: 9 }).length / 1000,
    ),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`the first load of the demo: ${total.toFixed(1)} of 443 kB`);
  expect(total).toBeLessThanOrEqual(443);
});

it('has no syntax that Chrome 91 lacks', async () => {
  const scripts = (await readdir(join(built, 'assets'))).filter((name) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(1);
  for (const name of scripts) {
    const code = await readFile(join(built, 'assets', name), 'utf8');
    expect(code.match(/\bstatic(?:\{| (?:name|length)=)/g), name).toBeNull();
  }
});

describe('in Chromium', () => {
  let site: DemoSite;
  beforeAll(async () => {
    if (missing === undefined) site = await DemoSite.open();
  });
  afterAll(() => site?.close());
  beforeEach(({ skip }) => skip(missing !== undefined, missing));

  it('starts at once on the images that have arrived, and waits for the others', async () => {
    const context = await site.browser.newContext();
    const page = await context.newPage();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/train-images-(0[2-9]|1\d)/, async (route) => {
      await released;
      await route.continue();
    });
    const slow = new DemoPage(page);
    await page.goto(`${site.url}?hidden=16&batch-size=500&epochs=1`);
    await slow.phase('Ready');
    await slow.button('Start training').click();
    await slow.phase('Waiting for images');
    // Two parts of 5,000 images are 20 batches of 500.
    expect(await slow.figure('harmonic network', 'Epoch')).toMatch(/^1\s+step (16|20) of 120$/);
    expect(await page.getByLabel(/Loading MNIST, 70,000 images: [\d.]+ of 11\.2 MB/).count()).toBe(1);

    // A pause while waiting takes effect.
    await slow.button('Pause').click();
    await slow.phase('Paused');
    const { bytes } = await slow.save();
    await slow.button('Resume').click();
    await slow.phase('Waiting for images');

    release();
    await slow.phase('Finished');
    const [[, , , test]] = await slow.epochs();
    await slow.button('Reset').click();
    await slow.phase('Ready');
    await slow.train();
    expect((await slow.epochs())[0][3], 'the same run without waiting').toBe(test);
    await slow.close();

    // The rest of that epoch has an order unknown to the command line.
    const folder = await mkdtemp(join(tmpdir(), 'wasm-demo-'));
    await writeFile(join(folder, 'half.safetensors'), bytes);
    const ended = await start(['train', '--resume', 'half.safetensors'], { cwd: folder }).ended;
    await rm(folder, { recursive: true });
    expect(ended.stderr).toContain('half.safetensors: The run was saved during a first epoch');
    expect(ended.code).toBe(1);
  });

  it('keeps the images in the browser’s cache', async () => {
    const demo = await site.visit();
    await expect.poll(() => demo.page.getByLabel(/Loading MNIST/).count()).toBe(0);
    const images = () => demo.requests.filter((url) => url.endsWith('.gz')).length;
    expect(images()).toBe(16);
    await demo.page.reload();
    await demo.phase('Ready');
    await expect.poll(() => demo.page.getByLabel(/Loading MNIST/).count()).toBe(0);
    expect(images()).toBe(16);
    await demo.close();
  });

  it('says clearly when images cannot be loaded, and tries again when asked', async () => {
    const context = await site.browser.newContext();
    const page = await context.newPage();
    await page.route(/train-images-05/, (route) => route.fulfill({ status: 404, body: 'not found' }));
    const demo = new DemoPage(page);
    await page.goto(`${site.url}?hidden=16&batch-size=500&epochs=1`);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    const text = await alert.innerText();
    expect(text).toContain('The images could not be loaded.');
    expect(text).toContain('answered 404');
    // The images that have arrived are used, and everything displayed stays.
    await demo.button('Start training').click();
    await demo.phase('Waiting for images');
    await page.unroute(/train-images-05/);
    await demo.button('Try again').click();
    await demo.phase('Finished');
    expect(await alert.count()).toBe(0);
    await demo.close({ complaints: [expect.stringContaining('404')] });
  });

  it('keeps the settings in the address, over a reload, and says what in an address makes no sense', async () => {
    const demo = await site.visit();
    const search = () => expect.poll(() => new URL(demo.page.url()).search);
    await search().toBe('?preset=recommended');
    const recommended = await demo.field('Activation').inputValue();
    await demo.field('Preset').selectOption('published');
    expect(await demo.field('Activation').inputValue()).toBe('harmonic');
    expect(recommended).not.toBe('harmonic');
    await search().toBe('?preset=published');
    await demo.field('Hidden units').fill('64 32');
    await demo.field('Activation').selectOption('relu');
    await demo.field('Seed').fill('7');
    await demo.field('Compare').check();
    await demo.page.getByText('More settings').click();
    await demo.field('Epochs').fill('3');
    // A schedule's settings appear with it.
    expect(await demo.field('Warm-up').count()).toBe(0);
    await demo.field('Schedule').selectOption('cosine');
    await demo.field('Warm-up').fill('0.05');
    await search().toBe(
      '?preset=published&hidden=64,32&activation=relu&epochs=3&seed=7&schedule=cosine&warmup=0.05&compare=yes',
    );
    await demo.page.reload();
    expect(await demo.field('Hidden units').inputValue()).toBe('64, 32');
    expect(await demo.field('Activation').inputValue()).toBe('relu');
    expect(await demo.field('Seed').inputValue()).toBe('7');
    expect(await demo.field('Compare').isChecked()).toBe(true);
    expect(await demo.field('Epochs').inputValue()).toBe('3');
    expect(await demo.field('Warm-up').inputValue()).toBe('0.05');
    await demo.button('Restore the published settings').click();
    await search().toBe('?preset=published');

    await demo.page.goto(`${site.url}?hidden=many&sead=4&lr=0.01`);
    await expect
      .poll(() => demo.page.getByRole('alert').innerText())
      .toMatch(/Hidden units is .*integer.*There is no setting "sead"\./);
    expect(await demo.field('Learning rate').inputValue()).toBe('0.01');
    await demo.close();
  });

  describe('when it is ready', () => {
    let demo: DemoPage;
    beforeAll(async () => {
      if (missing === undefined) demo = await site.visit('?hidden=32,16');
    });
    beforeEach(() => demo.phase('Ready'));
    afterAll(() => demo?.close());

    it('names what is wrong with a setting beside it, and does not start', async () => {
      const field = demo.field('Learning rate');
      await field.fill('-1');
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      const hint = await field.getAttribute('aria-describedby');
      expect(await demo.page.locator(`[id="${hint}"]`).innerText()).toBe(
        'Learning rate is -1; it must be a finite number greater than 0 and at most 10.',
      );
      expect(await demo.button('Start training').isDisabled()).toBe(true);
      await field.fill('0.002');
      expect(await demo.button('Start training').isEnabled()).toBe(true);
      await demo.field('Max frequency').fill('5, 3, 2');
      await demo.page.getByText('Max frequency has 3 values for 2 hidden layers').first().waitFor();
      await demo.field('Max frequency').fill('5, 3');
    });

    it('says what is wrong with a file, and keeps the network', async () => {
      const load = (buffer: Buffer) =>
        demo.page
          .getByLabel('Network file to load')
          .setInputFiles({ name: 'net.safetensors', mimeType: '', buffer });
      await load(Buffer.from('hello'));
      await demo.page.getByText(/^net\.safetensors: .+/).waitFor();
      await demo.phase('Ready');
      expect(await demo.page.getByRole('article', { name: 'harmonic network' }).count()).toBe(1);
    });

    it('follows one finger of two', async () => {
      const inked = await demo.page
        .getByLabel('Canvas to draw a digit on')
        .evaluate((canvas: HTMLCanvasElement) => {
          const { left, top } = canvas.getBoundingClientRect();
          const send = (type: string, pointerId: number, x: number, y: number) =>
            canvas.dispatchEvent(
              new PointerEvent(type, {
                pointerId,
                clientX: left + x,
                clientY: top + y,
                isPrimary: pointerId === 1,
              }),
            );
          canvas.setPointerCapture = () => {};
          send('pointerdown', 1, 50, 50);
          send('pointerdown', 2, 220, 220);
          send('pointermove', 1, 50, 100);
          send('pointermove', 2, 220, 180);
          send('pointerup', 2, 220, 180);
          send('pointermove', 1, 50, 150);
          send('pointerup', 1, 50, 150);
          send('pointermove', 1, 150, 150);
          const context = canvas.getContext('2d')!;
          const at = (x: number, y: number) => context.getImageData(x, y, 1, 1).data[3] > 0;
          return [at(50, 50), at(50, 140), at(220, 200), at(135, 135), at(140, 150)];
        });
      expect(inked).toEqual([true, true, false, false, false]);
      await demo.button('Clear').click();
    });
  });

  it('goes on with the next settings after some that cannot be made', async () => {
    for (const query of ['?hidden=16', '?hidden=10000,10000']) {
      const demo = await site.visit(query);
      await demo.phase('Ready');
      const hidden = demo.field('Hidden units');
      await hidden.fill('10000,10000');
      expect(await hidden.getAttribute('aria-invalid')).toBe('true');
      await demo.page.getByText('that makes 107,960,010 parameters').first().waitFor();
      expect(await demo.button('Start training').isDisabled()).toBe(true);
      await hidden.fill('32,16');
      await expect
        .poll(async () => inspectModelFile((await demo.save()).bytes).config.hidden)
        .toEqual([32, 16]);
      await demo.phase('Ready');
      expect(await demo.page.getByRole('alert').count()).toBe(0);
      await demo.close();
    }
  });

  it('goes on with the next settings when a worker could not be loaded', async () => {
    const context = await site.browser.newContext();
    const page = await context.newPage();
    await page.route(/worker-.*\.js/, (route) => route.fulfill({ status: 503 }));
    const demo = new DemoPage(page);
    await page.goto(`${site.url}?hidden=16`);
    await page.locator('.phase').filter({ hasText: 'Failed' }).waitFor();
    expect(await page.getByRole('alert').innerText()).toContain(
      'could not be loaded. Reset to start it again',
    );
    await page.unroute(/worker-.*\.js/);
    await demo.field('Hidden units').fill('24');
    await page.locator('.phase').filter({ hasText: 'Ready' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await demo.close();
  });

  it('can be used with the keyboard alone', async () => {
    const demo = await site.visit('?hidden=16&batch-size=500&epochs=1');
    await demo.phase('Ready');
    const { keyboard } = demo.page;
    const focused = () => demo.page.evaluate(() => document.activeElement?.textContent ?? '');
    const tabTo = async (text: string) => {
      for (let i = 0; i < 60 && (await focused()) !== text; i++) await keyboard.press('Tab');
      expect(await focused()).toBe(text);
    };
    await tabTo('Start training');
    await keyboard.press('Enter');
    await demo.phase('Finished');
    await expect.poll(() => demo.button('Use a test image').isEnabled()).toBe(true);
    await tabTo('Use a test image');
    await keyboard.press('Enter');
    await expect.poll(() => demo.verdict()).toMatch(/^\d, [\d.]+% sure/);
    await demo.close();
  });

  describe('when both networks are trained', () => {
    let demo: DemoPage;
    beforeAll(async () => {
      if (missing !== undefined) return;
      demo = await site.visit(
        '?hidden=32,16&max-freq=5,3&batch-size=500&epochs=1&schedule=one-cycle&compare=yes',
        {
          viewport: { width: 1440, height: 900 },
        },
      );
      const { page } = demo;
      await page.getByRole('article', { name: 'ReLU network' }).waitFor();
      await demo.train();
      await page.getByText('More settings').click();
      await demo.button('Use a test image').click();
      await page.getByText(/harmonic: \d/).waitFor();
      await page.addScriptTag({ path: axe });
    });
    afterAll(() => demo?.close());

    describe.each(['light', 'dark'] as const)('in %s colors', (colorScheme) => {
      it.each([
        ['a wide screen', 1440, 900],
        ['a tablet', 820, 1180],
        ['a phone', 360, 740],
      ])('is accessible on %s, and nothing sticks out', async (name, width, height) => {
        const { page } = demo;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height });
        const { violations } = await page.evaluate(() =>
          (globalThis as unknown as { axe: typeof AxeCore }).axe.run({
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          }),
        );
        const found = violations.map(({ id, nodes }) => ({
          id,
          nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]),
        }));
        expect(found).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, 'what sticks out, in pixels').toBeLessThanOrEqual(0);
        await screenshot(demo, `${name.split(' ').at(-1)}-${colorScheme}`);
      });
    });
  });

  it.for([
    ['WebAssembly', '--js-flags=--jitless', 'This page needs WebAssembly'],
    ['SIMD', '--js-flags=--no-enable-sse4-1', 'vector instructions (SIMD)'],
  ])('says so in a browser without %s', async ([lacking, flag, sentence], { skip }) => {
    skip(lacking === 'SIMD' && process.arch !== 'x64', 'Only on x64 can an engine be told to have no SIMD.');
    const browser = await chromium.launch(chromiumOptions('--disable-gpu', flag));
    try {
      const page = await browser.newPage();
      const demo = new DemoPage(page);
      await page.goto(site.url);
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.innerText()).toContain(sentence);
      expect(await alert.innerText()).toContain('Use a current version of Chrome, Edge, Firefox, or Safari.');
      expect(demo.complaints).toEqual([]);
      expect(demo.requests.filter((url) => url.endsWith('.gz'))).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  /** Kept where SCREENSHOTS names a folder: `docs` for the README's picture. */
  async function screenshot(demo: DemoPage, name: string): Promise<void> {
    const { SCREENSHOTS } = process.env;
    if (!SCREENSHOTS) return;
    await mkdir(SCREENSHOTS, { recursive: true });
    await demo.toTop();
    await demo.page.screenshot({ path: join(SCREENSHOTS, `demo-${name}.png`), fullPage: true });
  }
});
