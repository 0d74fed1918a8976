import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { supportsSimd } from '@harmonic-mlp/wasm-kernels';
import { setBackend } from '@tensorflow/tfjs-core';
import { HarmonicMLP, inspectModelFile } from 'harmonic-mlp';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { missingChromium } from '../../../test/support/chromium';
import { main as trainer } from '../../node-trainer/test/trainer-process';
import { DemoSite } from './demo-page';

vi.setConfig({ testTimeout: 300_000 });

const missing = missingChromium();
let site: DemoSite;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasm-demo-'));
  if (missing === undefined) site = await DemoSite.open();
});
afterAll(async () => {
  await site?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(({ skip }) => skip(missing !== undefined, missing));

/** A network that trains in a few seconds on a busy machine. */
const small = 'hidden=24&batch-size=500&max-freq=5';

/** The objects that the command line prints. */
async function commandLine(...args: string[]): Promise<Record<string, number>[]> {
  const child = spawn(process.execPath, [trainer, ...args, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, stderr).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The numbers of a model file, without its metadata. */
const weightsIn = (bytes: Buffer) => bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));

it('loads below a sub-path without a complaint, trains to 95%, and reads digits drawn with the mouse', async () => {
  const demo = await site.visit('?epochs=1&seed=1');
  const { page } = demo;
  await demo.phase('Ready');
  await demo.train();
  const [[epoch, loss, , test]] = await demo.epochs();
  expect(epoch).toBe('1');
  // The range of PyTorch's sixteen seeds, extended by its standard deviation on both sides.
  expect(Number.parseFloat(test)).toBeGreaterThanOrEqual(95);
  expect(Number.parseFloat(test)).toBeLessThan(96.5);
  expect(Number.parseFloat(loss)).toBeGreaterThan(0.2);
  await expect.poll(() => demo.figure('harmonic network', 'Time to 95%')).toMatch(/^\d+\.\d s\s+epoch \d/);

  const readsAs = (digit: number) => expect.poll(() => demo.verdict()).toMatch(new RegExp(`^${digit},`));
  await demo.draw([
    [0.5, 0.2],
    [0.5, 0.8],
  ]);
  await readsAs(1);
  await demo.draw([
    [0.3, 0.25],
    [0.68, 0.25],
    [0.45, 0.8],
  ]);
  await readsAs(7);
  const circle = Array.from({ length: 25 }, (_, i): [number, number] => [
    0.5 + 0.18 * Math.sin((i * Math.PI) / 12),
    0.5 - 0.28 * Math.cos((i * Math.PI) / 12),
  ]);
  await demo.draw(circle);
  await readsAs(0);
  await demo.button('Clear').click();
  await expect.poll(() => demo.verdict()).toBe('Nothing drawn yet.');

  // The confusion matrix counts each test image once.
  const counts = await page
    .locator('.confusion tbody td:not(.share)')
    .evaluateAll((cells) => cells.map((cell) => Number.parseInt(cell.textContent ?? '', 10) || 0));
  expect(counts.reduce((a, b) => a + b)).toBe(10_000);
  const right = counts.filter((_, i) => i % 11 === 0).reduce((a, b) => a + b);
  expect(right / 100).toBeCloseTo(Number.parseFloat(test), 5);

  expect(demo.complaints).toEqual([]);
  expect(demo.requests.filter((url) => !url.startsWith(site.url) && !/^(data|blob):/.test(url))).toEqual([]);
  await demo.close();
});

it('is the command line’s run where the first epoch is shuffled', { tags: 'long' }, async () => {
  const demo = await site.visit(`?${small}&epochs=2&seed=3&first-epoch=shuffled&schedule=cosine&warmup=0.1`);
  await demo.train();
  const here = (await demo.epochs()).reverse();
  expect(here).toHaveLength(2);
  const out = join(folder, 'same');
  const options =
    '--preset published --hidden 24 --batch-size 500 --max-freq 5 --epochs 2 --seed 3 --schedule cosine --warmup 0.1'.split(
      ' ',
    );
  const events = await commandLine('train', ...options, '--out', out);
  const there = events.filter(({ event }) => String(event) === 'epoch');
  // Node 20 has no relaxed SIMD, and rounds differently.
  const digits = supportsSimd('relaxed') ? 4 : 2;
  for (const [i, { trainLoss, testAccuracy }] of there.entries()) {
    const [, loss, , test] = here[i];
    expect(Number.parseFloat(loss)).toBeCloseTo(trainLoss, digits);
    expect(Number.parseFloat(test) / 100).toBeCloseTo(testAccuracy, digits);
  }
  await demo.close();
});

it('goes on after a pause as if there had been none, to the bit', { tags: 'long' }, async () => {
  const query = `?${small}&epochs=6&seed=5&schedule=cosine&warmup=0.1`;
  const demo = await site.visit(query);
  await demo.train();
  const expected = { epochs: await demo.epochs(), weights: weightsIn((await demo.save()).bytes) };
  await demo.button('Reset').click();
  await demo.phase('Ready');

  await demo.button('Start training').click();
  for (const step of [20, 60, 100]) {
    await expect
      .poll(async () => {
        const [, epoch, at] = /(\d+)\s+step (\d+)/.exec(await demo.figure('harmonic network', 'Epoch')) ?? [];
        return (Number(epoch) - 1) * 120 + Number(at);
      })
      .toBeGreaterThanOrEqual(step);
    await demo.button('Pause').click();
    await demo.phase('Paused');
    const held = await demo.figure('harmonic network', 'Epoch');
    await demo.page.waitForTimeout(300);
    expect(await demo.figure('harmonic network', 'Epoch')).toBe(held);
    await demo.button('Resume').click();
  }
  await demo.phase('Finished');
  const timeless = (rows: string[][]) => rows.map((row) => row.slice(0, -1));
  expect(timeless(await demo.epochs())).toEqual(timeless(expected.epochs));
  expect(weightsIn((await demo.save()).bytes).equals(expected.weights)).toBe(true);
  await demo.close();
});

it('saves what the command line evaluates and goes on with, and loads what that has saved', {
  tags: 'long',
}, async () => {
  const demo = await site.visit(`?${small}&epochs=1&seed=2`);
  await demo.train();
  const saved = await demo.save();
  expect(saved.name).toBe('harmonic-mlp-mnist-harmonic.safetensors');
  const file = join(folder, saved.name);
  await writeFile(file, saved.bytes);
  const [[, , , test]] = await demo.epochs();
  const [evaluation] = await commandLine('evaluate', '--model', file);
  expect(evaluation.accuracy ?? evaluation.testAccuracy).toBeCloseTo(Number.parseFloat(test) / 100, 3);

  const out = join(folder, 'resumed');
  const resumed = await commandLine('train', '--resume', file, '--epochs', '2', '--out', out);
  expect(resumed.map(({ epoch }) => epoch).filter(Boolean)).toEqual([2]);
  await demo.button('Reset').click();
  await demo.phase('Ready');

  // Its run is finished, so its settings are those of the page.
  await demo.page.getByLabel('Network file to load').setInputFiles(join(out, 'last.safetensors'));
  await demo.phase('Finished');
  expect((await demo.epochs()).map(([epoch]) => epoch)).toEqual(['2', '1']);
  expect(await demo.field('Epochs').inputValue()).toBe('2');
  expect(new URL(demo.page.url()).searchParams.get('hidden')).toBe('24');
  const accuracy = 100 * resumed.find(({ event }) => String(event) === 'epoch')!.testAccuracy;
  await expect.poll(() => demo.page.locator('.headline b').innerText()).toBe(`${accuracy.toFixed(2)}%`);
  await demo.close();
});

it('saves while it trains, and continues a run that was saved within an epoch in another tab', async () => {
  const query = `?${small}&epochs=3&seed=4&schedule=one-cycle`;
  const demo = await site.visit(query);
  await demo.button('Start training').click();
  await expect.poll(() => demo.figure('harmonic network', 'Epoch')).toMatch(/step [1-9]/);
  const { bytes } = await demo.save();
  const file = join(folder, 'midst.safetensors');
  await writeFile(file, bytes);
  const { position, isCheckpoint } = inspectModelFile(bytes);
  expect(isCheckpoint).toBe(true);
  expect(position!.step + 120 * (position!.epoch - 1)).toBeGreaterThan(0);
  await demo.phase('Finished');
  const expected = weightsIn((await demo.save()).bytes);
  await demo.close();

  const other = await site.visit('');
  await other.phase('Ready');
  await other.page.getByLabel('Network file to load').setInputFiles(file);
  await other.phase('Paused');
  expect(await other.field('Schedule').inputValue()).toBe('one-cycle');
  const paused = await other.figure('harmonic network', 'Epoch');
  await other.button('Resume').click();
  await expect.poll(() => other.figure('harmonic network', 'Epoch')).not.toBe(paused);
  // What is saved now is not what was loaded.
  const later = inspectModelFile((await other.save()).bytes).position!;
  const steps = ({ epoch, step }: typeof later) => step + 120 * (epoch - 1);
  expect(steps(later)).toBeGreaterThan(steps(position!));
  await other.phase('Finished');
  expect(weightsIn((await other.save()).bytes).equals(expected)).toBe(true);
  await other.close();
});

it('trains harmonic and ReLU networks side by side', { tags: 'long' }, async () => {
  const demo = await site.visit(`?${small}&epochs=1`);
  await demo.field('Compare').check();
  await demo.page.getByRole('article', { name: 'ReLU network' }).waitFor();
  await demo.train();
  const rows = await demo.epochs();
  expect(rows.map(([epoch, network]) => [epoch, network.trim()])).toEqual([
    ['1', 'harmonic'],
    ['1', 'ReLU'],
  ]);
  await demo.draw([
    [0.5, 0.2],
    [0.5, 0.8],
  ]);
  await expect.poll(() => demo.verdict()).toMatch(/harmonic: \d, [\d.]+% sure\s+ReLU: \d, [\d.]+% sure/);
  await demo.page.locator('#kernels').getByLabel('ReLU').check();
  await expect
    .poll(() => demo.page.locator('#activations figcaption').allInnerTexts())
    .toEqual(['ReLU 24 units']);
  const relu = inspectModelFile((await demo.save('Save ReLU')).bytes);
  expect(relu.config).toMatchObject({ activation: 'relu', hidden: [24] });
  expect(demo.complaints).toEqual([]);
  await demo.close();
});

it('takes what it is told in a hurry one by one', { tags: 'long' }, async () => {
  const demo = await site.visit(`?${small}&epochs=1`);
  await demo.phase('Ready');
  // With time between the clicks, as on a busy machine, the button is a different one by then.
  await demo.button('Start training').dblclick({ delay: 300 });
  await demo.phase('Finished');
  expect(await demo.epochs()).toHaveLength(1);

  // A second worker is still being started when the run begins.
  await demo.button('Reset').click();
  await demo.field('Compare').check();
  await demo.button(/^Start/).click();
  await expect.poll(async () => (await demo.epochs()).length).toBe(2);
  await demo.phase('Finished');
  expect(demo.page.workers()).toHaveLength(3);

  const { bytes } = await demo.save('Save ReLU');
  const file = { name: 'relu.safetensors', mimeType: '', buffer: bytes };
  await demo.page.getByLabel('Network file to load').setInputFiles(file);
  await demo.button('Reset').click();
  await demo.page.getByText(/^relu\.safetensors is loaded/).waitFor();
  await demo.phase('Ready');
  // The last command wins, on the page and soon in the worker: an untrained network with the page's settings.
  await expect
    .poll(async () => {
      const { config, position } = inspectModelFile((await demo.save()).bytes);
      return { activation: config.activation, position };
    })
    .toEqual({ activation: await demo.field('Activation').inputValue(), position: undefined });
  await expect.poll(() => demo.page.workers().length).toBeLessThanOrEqual(3);
  await demo.close();
});

it('shows a network without hidden layers, and what a file of other data is', async () => {
  await setBackend('cpu');
  const model = new HarmonicMLP({ hidden: [], seed: 1 });
  const run = JSON.stringify({ dataset: 'fashion-mnist' });
  const buffer = Buffer.from(await model.toBytes({ run }));
  model.dispose();
  const demo = await site.visit('?hidden=16');
  await demo.phase('Ready');
  await demo.page
    .getByLabel('Network file to load')
    .setInputFiles({ name: 'linear.safetensors', mimeType: '', buffer });
  await demo.phase('Loaded');
  await demo.page.getByText('it was trained on fashion-mnist and is tested on MNIST').waitFor();
  await demo.page.getByText('This network has no hidden layers.').waitFor();
  expect(await demo.field('Hidden units').inputValue()).toBe('none');
  const saved = inspectModelFile((await demo.save()).bytes);
  expect(JSON.parse(saved.metadata.run)).toEqual({ dataset: 'fashion-mnist' });
  await demo.button('Train a new network').click();
  await expect.poll(() => demo.figure('harmonic network', 'Epoch')).toMatch(/step [1-9]/);
  await demo.close();
});

it('stops, and resets', async () => {
  const demo = await site.visit(`?${small}&epochs=50`);
  await demo.button('Start training').click();
  await expect.poll(() => demo.figure('harmonic network', 'Epoch')).toMatch(/step [1-9]/);
  await demo.button('Stop').click();
  await demo.phase('Stopped');
  await expect.poll(() => demo.button('Resume').count()).toBe(0);
  await demo.button('Reset').click();
  await demo.phase('Ready');
  expect(await demo.figure('harmonic network', 'Epoch')).toBe('–');
  expect(await demo.epochs()).toEqual([['No epochs yet.']]);
  await demo.close();
});

// For the README: SCREENSHOTS=docs pnpm test apps/wasm-demo -t picture
it.runIf(process.env.SCREENSHOTS)('has its picture taken when both networks are trained', async () => {
  const viewport = { width: 1440, height: 1370 };
  const demo = await site.visit('?compare=yes&epochs=5&seed=1', { viewport });
  await demo.train();
  await demo.draw([
    [0.32, 0.25],
    [0.7, 0.25],
    [0.45, 0.8],
  ]);
  await demo.page.getByText(/ReLU: 7/).waitFor();
  await demo.toTop();
  await demo.page.screenshot({
    path: join(process.env.SCREENSHOTS!, 'demo.png'),
    animations: 'disabled',
  });
  await demo.close();
});
