import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type AxeCore from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchChromium, missingChromium } from '../../../test/support/chromium';
import { runHere } from '../../node-trainer/test/trainer-here';
import { addReportCommand } from '../src/command';
import { hostile, makeRun, makeSweep } from './made-folders';

const missing = missingChromium();
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** With SCREENSHOTS, pictures of the pages are saved to that folder. */
const { SCREENSHOTS } = process.env;

let folder: string;
let browser: Browser;

const run = async (commands: Parameters<typeof runHere>[1]['commands'], ...args: string[]) => {
  const { code, stderr } = await runHere(args, { cwd: folder, commands });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
};
const file = (name: string) => join(folder, name, 'report.html');

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'harmonic page é '));
  browser = await launchChromium();
  await run(undefined, 'train', '--backend', 'wasm', '--hidden', '16', '--epochs', '2', '--out', 'images');
  await run(
    undefined,
    'train',
    '--backend',
    'wasm',
    '--hidden',
    '16',
    '--epochs',
    '3',
    '--dataset',
    'waves',
    '--out',
    'waves',
  );
  const points = Array.from({ length: 30 }, (_, i) => ({
    learningRate: 1e-6 * 1.7 ** i,
    loss: 2,
    smoothed: 2 - i / 20,
  }));
  await writeFile(
    join(folder, 'waves', 'range-test.json'),
    JSON.stringify({ points, suggestions: { valley: 1e-3, steepest: 2e-3 } }),
  );
  await makeRun(join(folder, 'a'), { settings: { activation: hostile } });
  await makeRun(join(folder, 'b'), { settings: { activation: 'relu' }, accuracy: 0.97 });
  await makeSweep(join(folder, 'sweep'), { configurations: 20, seeds: 5, epochs: 30 });
  for (const trial of await readdir(join(folder, 'sweep', 'trials'))) {
    await cp(
      join(folder, 'images', 'best.safetensors'),
      join(folder, 'sweep', 'trials', trial, 'best.safetensors'),
    );
  }
  for (const folders of [['images'], ['waves'], ['a', 'b'], ['sweep']])
    await run(addReportCommand, 'report', ...folders);
});
afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});
beforeEach(({ skip }) => skip(missing !== undefined, missing));

/** Opens a report from the disk, and collects what must not happen. */
async function open(name: string, { width = 1280, dark = false } = {}) {
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
  });
  const faults: string[] = [];
  const address = pathToFileURL(file(name)).href;
  page.on('console', (message) => faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) faults.push(request.url());
  });
  await page.goto(address);
  return { page, faults };
}

const charts = (page: Page) => page.locator('[data-chart]');

it('of a sweep of 100 runs takes at most 1 MB', async () => {
  const { size } = await stat(file('sweep'));
  console.log(`the report of a sweep of 100 runs of 30 epochs: ${Math.round(size / 1000)} of 1000 kB`);
  expect(size).toBeLessThanOrEqual(1e6);
});

it.each([
  ['images', 1280, 'light', false],
  ['images', 390, 'dark', true],
  ['waves', 390, 'light', false],
  ['a', 1280, 'dark', true],
  ['sweep', 1280, 'light', false],
  ['sweep', 390, 'dark', true],
] as const)('of %s at %i pixels, %s, is complete, accessible, and alone', async (name, width, _, dark) => {
  const { page, faults } = await open(name, { width, dark });
  const names = Object.keys(
    await page.evaluate(() => JSON.parse(document.getElementById('charts')!.textContent!)),
  );
  expect(names.length).toBeGreaterThan(1);
  expect(await charts(page).count()).toBe(names.length);
  for (const each of names) {
    const chart = page.locator(`[data-chart="${each}"]`);
    expect(await chart.locator('svg path, svg circle').count(), each).toBeGreaterThan(3);
    expect((await chart.getAttribute('aria-label'))!.length, each).toBeGreaterThan(20);
  }
  for (const details of await page.locator('details').all()) await details.locator('summary').click();
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() =>
    // The inside of a picture is not for readers who do not see it.
    (globalThis as unknown as { axe: typeof AxeCore }).axe.run(
      { exclude: ['[data-chart] > *'] },
      {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      },
    ),
  );
  expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, 'what sticks out, in pixels').toBeLessThanOrEqual(0);
  expect(faults).toEqual([]);
  if (SCREENSHOTS) {
    await page.reload();
    await page.screenshot({ path: join(SCREENSHOTS, `report-${name}-${width}.png`), fullPage: true });
  }
  await page.close();
});

it('shows the values that the pointer is at', async () => {
  const { page } = await open('images');
  const metrics = (await readFile(join(folder, 'images', 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const last = JSON.parse(metrics.at(-1)!);
  const loss = page.locator('[data-chart="loss"]');
  const box = (await loss.boundingBox())!;
  await page.mouse.move(box.x + box.width - 60, box.y + box.height / 2);
  await expect
    .poll(() => loss.innerText())
    .toMatch(/epoch 2\s[\s\S]*training\s+[\d.]+\s[\s\S]*test\s+[\d.]+/);
  expect(await loss.innerText()).toContain(String(Number(last.validation.loss.toPrecision(4))));
  await page.close();
});

it('names the trial that the pointer is at', async () => {
  const { page } = await open('sweep');
  const trials = page.locator('[data-chart="trials"]');
  await trials.scrollIntoViewIfNeeded();
  // The last line is one of the best configuration, which is drawn above the others.
  const point = await trials.evaluate((place) => {
    const thick = [...place.querySelectorAll('path')].filter(
      (path) => path.getAttribute('stroke-width') === '3',
    );
    const path = thick.at(-1)!;
    const { x, y } = path.getPointAtLength(path.getTotalLength()).matrixTransform(path.getScreenCTM()!);
    return { x, y };
  });
  await page.mouse.move(point.x - 1, point.y);
  await expect
    .poll(() => trials.innerText())
    .toMatch(/c\d+-s\d: Learning rate [\d.]+, Hidden units .*\s+epoch\s+30\s/);
  await page.close();
});

it('follows the color scheme and the width of the window', async () => {
  const { page } = await open('sweep');
  const look = () =>
    page.locator('[data-chart="score-by-learning-rate"] svg').evaluate((svg) => ({
      width: svg.getBoundingClientRect().width,
      text: svg.querySelector('text')!.getAttribute('fill'),
    }));
  const wide = await look();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(look).toEqual({ width: wide.width, text: '#a3aebc' });
  await page.setViewportSize({ width: 500, height: 900 });
  await expect.poll(async () => (await look()).width).toBeLessThan(480);
  await page.close();
});

it('shows markup in names as text', async () => {
  for (const name of ['a', 'sweep']) {
    const { page } = await open(name);
    expect(await page.getByText(hostile).count()).toBeGreaterThan(0);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.title()).not.toBe('1');
    await page.close();
  }
});

it('has its tables and texts without scripts', async () => {
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.goto(pathToFileURL(file('sweep')).href);
  expect(await page.getByRole('table').first().getByRole('row').count()).toBe(21);
  expect(await charts(page).first().getAttribute('aria-label')).toMatch(
    /^Parallel coordinates of 20 configurations/,
  );
  await page.close();
});

it('has plots beside it that are whole SVG files', async () => {
  await run(addReportCommand, 'report', 'images', '--svg');
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(folder, 'images', 'plots', 'confusion.svg')).href);
  expect(await page.evaluate(() => document.documentElement.nodeName)).toBe('svg');
  expect(await page.locator('parsererror').count()).toBe(0);
  expect(await page.getByText('Prediction').count()).toBe(1);
  await page.close();
});

it('marks the rates that a range test suggests', async () => {
  const { page } = await open('waves');
  const test = page.locator('[data-chart="range-test"]');
  for (const mark of ['valley 0.001', 'steepest 0.002']) expect(await test.getByText(mark).count()).toBe(1);
  for (const tick of ['1e-6', '1e-5', '0.0001', '0.001', '0.01', '0.1', '1'])
    expect(await test.getByText(tick, { exact: true }).count(), tick).toBeGreaterThanOrEqual(1);
  await page.close();
});
