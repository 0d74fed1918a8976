import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { cutMnist, type Ended, events, start } from './trainer-process';

let folder: string;
const images = ['--data-dir', 'cut', '--no-verify', '--backend', 'wasm', '--hidden', '8', '--json'];
const distorted = [
  ...['--augment-shift', '2', '--augment-rotation', '15', '--augment-scale', '0.1', '--augment-elastic', '1'],
];
const run = (...args: string[]) => runHere(args, { cwd: folder });
const succeeded = ({ code, stderr }: Ended) => expect([code, stderr]).toEqual([0, '']);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic augmentation '));
  await mkdir(join(folder, 'cut'));
  await cutMnist(join(folder, 'cut'), 500, 100);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the epochs of a run gave. */
async function trained(...args: string[]) {
  const ended = await run('train', ...images, ...args);
  succeeded(ended);
  return events(ended)
    .filter(({ event }) => event === 'epoch')
    .map(({ trainLoss, testAccuracy }) => ({ trainLoss, testAccuracy }));
}

it('train distorts the training images as asked, the same for the same seed, and goes on where it was resumed', async () => {
  const whole = await trained(...distorted, '--epochs', '3', '--schedule', 'constant', '--out', 'whole');
  const once = ['--epochs', '2', '--schedule', 'constant', '--out', 'once'];
  const first = await trained(...distorted, ...once);
  expect(first).toEqual(whole.slice(0, 2));
  const ended = await run('train', '--resume', 'once', '--epochs', '3', '--json');
  succeeded(ended);
  expect(events(ended)[0]).toMatchObject(whole[2]);
  const { settings } = JSON.parse(await readFile(join(folder, 'once', 'config.json'), 'utf8'));
  expect(settings).toMatchObject({
    ...{ augmentShift: 2, augmentRotation: 15, augmentScale: 0.1, augmentElastic: 1 },
  });
  // In the background, if there is a second processor.
  const alone = ['--threads', '1', '--epochs', '2', '--schedule', 'constant', '--out', 'alone'];
  expect(await trained(...distorted, ...alone)).toEqual(first);
  // Each of them matters.
  const plain = await trained('--epochs', '1', '--schedule', 'constant', '--out', 'plain');
  for (let i = 0; i < distorted.length; i += 2) {
    const only = distorted.slice(i, i + 2);
    const [epoch] = await trained(...only, '--epochs', '1', '--schedule', 'constant', '--out', 'only');
    expect(epoch, only.join(' ')).not.toEqual(plain[0]);
  }
});

it('lr-find takes the rates of a run on distorted images', async () => {
  const find = (...args: string[]) => run('lr-find', ...images.slice(0, -1), '--steps', '12', ...args);
  const [plain, given] = [await find(), await find(...distorted)];
  expect([plain.code, given.code]).toEqual([0, 0]);
  expect(given.stdout).toContain('--augment-shift 2 --augment-rotation 15');
  expect(given.stdout).not.toBe(plain.stdout);
});

it('sweep varies distortions', { tags: 'long' }, async () => {
  const grid = ['--augment-shift', '0,2', '--epochs', '1', '--jobs', '1', '--out', 'sweep'];
  const ended = await start(['sweep', ...images, ...grid], { cwd: folder }).ended;
  succeeded(ended);
  const { configurations } = JSON.parse(await readFile(join(folder, 'sweep', 'result.json'), 'utf8'));
  expect(configurations.map(({ values }: { values: object }) => values)).toEqual(
    expect.arrayContaining([{ augmentShift: 0 }, { augmentShift: 2 }]),
  );
});

it('refuses distortions of what is not an image, and what is out of bounds', async () => {
  const made = await run('train', '--dataset', 'waves', '--augment-shift', '2');
  expect([made.code, made.stderr]).toEqual([
    2,
    expect.stringMatching(/^error: --augment-shift applies only .*mnist/),
  ]);
  const { code, stderr } = await run('train', ...images, '--augment-rotation', '200');
  expect([code, stderr]).toEqual([2, expect.stringContaining('--augment-rotation is 200; it must be')]);
});
