import { createRequire } from 'node:module';
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type AxeCore from 'axe-core';
import { HarmonicMLP, inspectModelFile } from 'harmonic-mlp';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { missingChromium } from '../../../test/support/chromium';
import { unchecked } from '../../../test/support/unchecked';
import { type DemoPage, DemoSite } from './demo-page';

vi.setConfig({ testTimeout: 180_000 });

const missing = missingChromium();
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let site: DemoSite;

beforeAll(async () => {
  if (missing === undefined) site = await DemoSite.open();
});
afterAll(() => site?.close());
beforeEach(({ skip }) => skip(missing !== undefined, missing));

/** The picture of what a network has learned. */
const picture = (demo: DemoPage, network: string) =>
  demo.page.locator('#learned').getByRole('img', { name: `${network} network` });

/** How many pixels of a picture have about the color in a CSS custom property. */
const pixelsOf = (demo: DemoPage, network: string, color: string): Promise<number> =>
  picture(demo, network).evaluate((canvas: HTMLCanvasElement, name) => {
    const hex = getComputedStyle(canvas).getPropertyValue(name).trim();
    const wanted = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    // Of a copy, since the browser advises against reading a canvas that is drawn on again and again.
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3] > 99 && wanted.every((channel, k) => Math.abs(channel - data[i + k]) < 12)) count++;
    return count;
  }, color);

/** The share of the drawn examples on a map whose surroundings have the color of their own class. */
const agreement = (demo: DemoPage, network: string): Promise<number> =>
  picture(demo, network).evaluate((canvas: HTMLCanvasElement) => {
    const style = getComputedStyle(canvas);
    const colors = ['--class-0', '--class-1'].map((name) => {
      const hex = style.getPropertyValue(name).trim();
      return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    });
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const classAt = (i: number) =>
      colors.findIndex((color) => color.every((channel, k) => Math.abs(channel - data[i + k]) < 12));
    const counts = [0, 0];
    for (let i = 0; i + 32 < data.length; i += 4) {
      const [example, place] = [classAt(i), classAt(i + 32)];
      // Examples are opaque, the map is not.
      if (data[i + 3] === 255 && data[i + 35] < 200 && example >= 0 && place >= 0)
        counts[example === place ? 1 : 0]++;
    }
    return counts[1] / (counts[0] + counts[1]);
  });

const images = ({ requests }: DemoPage) => requests.filter((url) => url.endsWith('.gz')).length;
const titles = (demo: DemoPage) => demo.page.locator('h2').allInnerTexts();
const numbers = (texts: string[]) => texts.map((text) => Number.parseFloat(text));
const load = (demo: DemoPage, name: string, buffer: Buffer) =>
  demo.page.getByLabel('Network file to load').setInputFiles({ name, mimeType: '', buffer });

it('learns a function beside ReLU, and shows it, without a download', async () => {
  const demo = await site.visit('?dataset=waves&compare=yes&epochs=60');
  const { page } = demo;
  await page.getByRole('article', { name: 'ReLU network' }).waitFor();
  await demo.phase('Ready');
  for (const network of ['harmonic', 'ReLU'])
    await expect.poll(() => picture(demo, network).getAttribute('aria-label')).toMatch(/RMSE [\d.]+\.$/);
  // The examples are there from the start, and so is the line of the untrained network.
  expect(await pixelsOf(demo, 'harmonic', '--network-0')).toBeGreaterThan(100);
  expect(await pixelsOf(demo, 'harmonic', '--example')).toBeGreaterThan(500);
  await demo.train();

  const rows = await demo.epochs();
  const errors = (network: string) =>
    numbers(rows.filter((row) => row[1].trim() === network).map((row) => row[4]));
  expect(errors('harmonic')).toHaveLength(60);
  const [[last], first] = [errors('harmonic'), errors('harmonic').at(-1)!];
  expect(last).toBeLessThan(0.1);
  expect(first).toBeGreaterThan(3 * last);
  expect(errors('ReLU')[0]).toBeGreaterThan(0.5);
  await expect
    .poll(() => picture(demo, 'harmonic').getAttribute('aria-label'))
    .toBe(
      `The answers of the harmonic network for x from −1 to 1, over 512 training examples: RMSE ${rows.find((row) => row[1].trim() === 'harmonic')![4]}.`,
    );
  // The line passes through the examples, and so hides most of them; that of ReLU does not.
  const [ours, theirs] = await Promise.all(
    ['harmonic', 'ReLU'].map((network) => pixelsOf(demo, network, '--example')),
  );
  expect(ours).toBeLessThan(theirs / 2);

  expect(await demo.figure('harmonic network', 'Best epoch')).toMatch(/^0\.0\d+$/);
  expect(await page.getByText(/Time to|MNIST, 70,000/).count()).toBe(0);
  expect(await titles(demo)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/Draw a digit|kernels|Digit by digit|Accuracy/)]),
  );
  expect(await titles(demo)).toEqual(
    expect.arrayContaining(['RMSE', 'Loss', 'What the network has learned']),
  );
  expect(await page.locator('#rmse .chart').getAttribute('aria-label')).toMatch(/logarithmic/);
  expect(images(demo)).toBe(0);
  await demo.field('Data set').selectOption('mnist');
  await expect.poll(() => images(demo)).toBe(16);
  // What has been learned stays until the next run.
  expect(await picture(demo, 'harmonic').count()).toBe(1);
  await demo.close();
});

it('is there from the start, also with settings that do not fit together', async () => {
  // Periods for two layers, of which there is one.
  const demo = await site.visit('?dataset=waves&max-freq=5,3');
  const { page } = demo;
  await demo.phase('Ready');
  await picture(demo, 'harmonic').waitFor();
  await page.route('**/worker-*.js', () => {});
  await page.reload();
  await page.getByText('learns sin 25x + x/2, right here').waitFor();
  await demo.phase('Starting');
  expect(await page.getByText(/MNIST, 70,000|Draw a digit/).count()).toBe(0);
  expect(images(demo)).toBe(0);
  await demo.close();
});

it('learns to tell two spirals apart, and shows a map of its answers', async () => {
  const demo = await site.visit('?dataset=spirals&epochs=60&periods=geometric:0.1,10');
  await demo.phase('Ready');
  expect(await demo.page.getByLabel('first', { exact: true }).inputValue()).toBe('0.1');
  const map = () => picture(demo, 'harmonic').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  await picture(demo, 'harmonic').waitFor();
  const before = await map();
  await demo.train();
  const tests = numbers((await demo.epochs()).map((row) => row[3]));
  expect(tests).toHaveLength(60);
  expect(tests[0]).toBeGreaterThan(95);
  expect(tests.at(-1)).toBeLessThan(tests[0] - 10);
  await expect.poll(map).not.toBe(before);
  for (const color of ['--class-0', '--class-1'])
    expect(await pixelsOf(demo, 'harmonic', color)).toBeGreaterThan(500);
  await expect.poll(() => agreement(demo, 'harmonic')).toBeGreaterThan(0.9);
  await expect.poll(() => demo.figure('harmonic network', 'Time to 95%')).toMatch(/^\d+\.\d s/);
  await demo.close();
});

it('is chosen in the form or by an address, and leaves what was chosen otherwise', {
  tags: 'long',
}, async () => {
  const demo = await site.visit('?seed=7');
  const search = () => expect.poll(() => new URL(demo.page.url()).search);
  await demo.phase('Ready');
  await demo.field('Data set').selectOption('chirp');
  await picture(demo, 'harmonic').waitFor();
  expect(await demo.field('Hidden units').inputValue()).toBe('64');
  await demo.field('Examples').fill('100');
  await demo.field('Activation').selectOption('siren');
  await demo
    .field('Periods')
    .count()
    .then((count) => expect(count).toBe(0));
  await search().toBe('?dataset=chirp&examples=100&activation=siren&seed=7');
  await demo.page.reload();
  await demo.phase('Ready');
  expect(await demo.field('Data set').inputValue()).toBe('chirp');
  expect(await demo.field('Learning rate').inputValue()).toBe('0.005');
  expect(await picture(demo, 'SIREN').getAttribute('aria-label')).toContain('over 100 training examples');
  const text = await demo.page.locator('#files pre').innerText();
  expect(text).toMatch(/train --dataset chirp --examples 100 --hidden 64 --activation siren .*--seed 7/);
  expect(text).toContain('evaluate --model harmonic-mlp-chirp-siren.safetensors');

  await demo.field('Activation').selectOption('harmonic');
  expect(await demo.field('Periods').inputValue()).toBe('proposed');
  await demo.field('Periods').selectOption('capped');
  await demo.field('Base frequency').fill('0.5');
  await search().toBe('?dataset=chirp&examples=100&base-freq=0.5&periods=capped&seed=7');
  await demo.field('Periods').selectOption('proposed');
  await search().toBe('?dataset=chirp&examples=100&seed=7');
  await demo.field('Periods').selectOption('linear');
  await demo.page.getByLabel('last', { exact: true }).fill('4');
  await search().toBe('?dataset=chirp&examples=100&periods=linear:1,4&seed=7');
  expect(await demo.field('Base frequency').count()).toBe(0);
  await demo.button('Restore the defaults for this data set').click();
  await search().toBe('?dataset=chirp');

  await demo.field('Data set').selectOption('mnist');
  await search().toBe('?preset=recommended');
  await demo.page.getByRole('heading', { name: 'Draw a digit' }).waitFor();
  expect(await demo.page.locator('#learned').count()).toBe(0);
  await demo.close();
});

it('continues a run from a file in another tab, stops, and starts over', { tags: 'long' }, async () => {
  // Long enough to be paused on any machine.
  const query = '?dataset=square-wave&data-noise=0.1&hidden=16&epochs=1000&seed=5';
  const demo = await site.visit(query);
  await demo.phase('Ready');
  await demo.button('Start training').click();
  await expect.poll(() => demo.figure('harmonic network', 'Epoch')).toMatch(/^\d/);
  await demo.button('Pause').click();
  await demo.phase('Paused');
  const { name, bytes } = await demo.save();
  expect(name).toBe('harmonic-mlp-square-wave-harmonic.safetensors');
  const { isCheckpoint, config, position } = inspectModelFile(bytes);
  expect([isCheckpoint, config.task]).toEqual([true, 'regression']);
  const rows = await demo.epochs();
  await demo.close();

  const other = await site.visit('');
  await other.phase('Ready');
  await load(other, name, bytes);
  await other.phase('Paused');
  await other.page.getByText(`${name} is loaded, with its run, which can continue.`).waitFor();
  await picture(other, 'harmonic').waitFor();
  // Its periods were proposed from the data.
  await expect
    .poll(() => new URL(other.page.url()).search.replace(/&periods=[a-z]+:[\d.,]+/, ''))
    .toBe(query);
  expect(await other.epochs()).toEqual(rows);
  const epoch = async () => Number.parseInt(await other.figure('harmonic network', 'Epoch'), 10);
  expect(await epoch()).toBe(position!.epoch);
  await other.button('Resume').click();
  await expect.poll(epoch).toBeGreaterThan(position!.epoch);
  await other.button('Stop').click();
  await other.phase('Stopped');
  await other.button('Reset').click();
  await other.phase('Ready');
  expect(await other.figure('harmonic network', 'Best epoch')).toBe('–');
  await other.close();
});

it('says what a file is that does not fit, or has an unknown activation', async () => {
  await setBackend('cpu');
  const bytesOf = async (options: object, run?: object) => {
    const model = new HarmonicMLP({ hidden: [4], norm: 'none', ...options });
    const bytes = Buffer.from(await model.toBytes(run && { run: JSON.stringify(run) }));
    model.dispose();
    return bytes;
  };
  const demo = await site.visit('?dataset=spirals&hidden=8');
  await demo.phase('Ready');
  const status = demo.page.locator('#files').getByRole('status');
  await load(demo, 'other.safetensors', await bytesOf({ inputSize: 4, classes: 3 }, { dataset: 'iris' }));
  await expect
    .poll(() => status.innerText())
    .toBe(
      'other.safetensors: This network takes 4 numbers and distinguishes 3 classes, and was trained on iris; for the data set spirals, it must be one that takes 2 numbers and distinguishes 2 classes.',
    );
  const known = (await bytesOf({ inputSize: 2, classes: 2, activation: 'relu' })).toString('latin1');
  const wavy = Buffer.from(known.replace('\\"relu\\"', '\\"wavy\\"'), 'latin1');
  await load(demo, 'wavy.safetensors', Buffer.from(unchecked(wavy)));
  await expect
    .poll(() => status.innerText())
    .toMatch(/^wavy\.safetensors: The model file has the activation "wavy", which is not registered\./);
  await demo.phase('Ready');
  expect(await picture(demo, 'harmonic').count()).toBe(1);

  await load(demo, 'relu.safetensors', Buffer.from(known, 'latin1'));
  await demo.phase('Loaded');
  await expect.poll(() => picture(demo, 'ReLU').count()).toBe(1);
  await demo.close();
});

describe('is accessible, and nothing sticks out', { tags: 'long' }, () => {
  it.each([
    ['waves', 'light', 1440, 900],
    ['waves', 'dark', 390, 844],
    ['checkerboard', 'light', 390, 844],
    ['checkerboard', 'dark', 1440, 900],
  ] as const)('%s in %s colors, %i pixels wide', async (dataset, colorScheme, width, height) => {
    const demo = await site.visit(`?dataset=${dataset}&compare=yes&epochs=5&periods=linear:0.1,2`, {
      colorScheme,
      viewport: { width, height },
    });
    const { page } = demo;
    await page.getByRole('article', { name: 'ReLU network' }).waitFor();
    await demo.train();
    await page.locator('.settings').evaluate((details: HTMLDetailsElement) => {
      details.open = true;
    });
    await page.addScriptTag({ path: axe });
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof AxeCore }).axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }),
    );
    expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, 'what sticks out, in pixels').toBeLessThanOrEqual(0);
    await demo.close();
  });
});
