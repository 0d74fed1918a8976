import fs, { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ReadEvent, readEvents } from '../../../packages/tensorboard/test/read-events';
import { missingTensorBoard, readWithTensorBoard } from '../../../test/support/tensorboard';
import { runHere } from './trainer-here';
import { cutMnist, main, start } from './trainer-process';

let folder: string;
let cut: string;
beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic tensorboard '));
  cut = join(folder, 'cut');
  await mkdir(cut);
  await cutMnist(cut, 300, 100);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const env = () => ({ HARMONIC_MLP_DATA: join(folder, 'cache') });
const here = (...args: string[]) => runHere(args, { cwd: folder, env: env() });
const onImages = () => [
  '--preset',
  'published',
  '--hidden',
  '16',
  '--batch-size',
  '100',
  '--no-verify',
  '--data-dir',
  cut,
];
const onWaves = ['--dataset', 'waves', '--examples', '64'];
const training = (data: string[], ...more: string[]) => ['train', ...data, '--backend', 'wasm', ...more];

const eventsIn = async (place: string): Promise<ReadEvent[][]> => {
  const names = (await readdir(place)).filter((name) => name.startsWith('events.out.tfevents.')).sort();
  return names.map((name) => readEvents(readFileSync(join(place, name))));
};
const stepsOf = (tag: string, events: ReadEvent[]) =>
  events.filter(({ values: [value] }) => value?.tag === tag).map(({ step }) => step);
const tagsOf = (events: ReadEvent[]) =>
  [...new Set(events.flatMap(({ values }) => values.map(({ tag }) => tag!)))].sort();

it('writes the events of a run on images, whose metrics have the name of their data', async () => {
  const { code, stdout, stderr } = await here(
    ...training(onImages(), '--epochs', '2', '--out', 'images', '--tensorboard', join('logs', 'images')),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`\nEvents for TensorBoard in ${join('logs', 'images')}\n`);
  const [events, ...others] = await eventsIn(join(folder, 'logs', 'images'));
  expect(others).toEqual([]);
  expect(tagsOf(events)).toEqual([
    ...['accuracy/test', 'accuracy/train', 'activations/hidden.0', 'configuration', 'kernels/hidden.0'],
    ...['learning_rate', 'loss/step', 'loss/test', 'loss/train'],
    ...['weights/hidden.0/bias', 'weights/hidden.0/kernel', 'weights/hidden.0/norm/beta'],
    ...['weights/hidden.0/norm/gamma', 'weights/output/bias', 'weights/output/kernel'],
  ]);
  expect(stepsOf('loss/train', events)).toEqual([3, 6]);
  expect(stepsOf('kernels/hidden.0', events)).toEqual([0, 3, 6]);
  const { text } = events.find(({ values: [value] }) => value?.tag === 'configuration')!.values[0];
  for (const row of ['| settings.hidden | 16 |', '| optimizer.learningRate | 0.001 |', '| backend | wasm |'])
    expect(text).toContain(row);
  expect(text).not.toContain('| model.');
});

it('writes the events of a run on numbers, with the validation data', async () => {
  const args = training(onWaves, '--epochs', '2', '--validation', '16', '--tensorboard', 'logs/waves');
  const { code, stderr } = await here(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [events] = await eventsIn(join(folder, 'logs', 'waves'));
  const tags = tagsOf(events);
  expect(tags).toEqual(
    expect.arrayContaining(['loss/validation', 'rmse/validation', 'activations/hidden.0']),
  );
  expect(tags.filter((tag) => /^kernels|test$/.test(tag))).toEqual([]);
});

const missing = missingTensorBoard();

it('goes on where a run was killed, so that no step shows twice', async () => {
  const logs = join(folder, 'logs', 'killed');
  const { child, ended } = start(
    training(onWaves, '--epochs', '1000', '--out', 'killed', '--tensorboard', logs),
    { cwd: folder, env: env() },
  );
  const metrics = join(folder, 'killed', 'metrics.jsonl');
  await expect
    .poll(() => existsSync(metrics))
    .toBe(true)
    .finally(() => child.kill('SIGKILL'));
  await ended;
  const lines = (await readFile(metrics, 'utf8')).trim().split('\n');
  // The checkpoint may already be of the next epoch.
  const saved = lines.length;
  const more = ['--epochs', String(saved + 10), '--tensorboard', logs];
  const { code, stderr } = await here('train', '--resume', 'killed', ...more);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

  const [before, after, ...others] = await eventsIn(logs);
  expect(others).toEqual([]);
  const perEpoch = stepsOf('loss/train', before)[0];
  const { step: first } = after.find(({ session }) => session === 1)!;
  expect([saved * perEpoch + 1, (saved + 1) * perEpoch + 1]).toContain(first);
  const shown = [
    ...stepsOf('loss/train', before).filter((step) => step < first),
    ...stepsOf('loss/train', after),
  ];
  const all = Array.from({ length: saved + 10 }, (_, i) => (i + 1) * perEpoch);
  expect(shown).toEqual(all);
  if (missing === undefined) {
    const found = readWithTensorBoard(logs);
    expect(found.scalars['loss/train'].map(([step]) => step)).toEqual(all);
    expect(found.histograms['weights/output/bias'].map(({ step }) => step)).toEqual([0, ...all]);
  }
});

it('warns of the events of another run', async () => {
  const args = training(onWaves, '--epochs', '1', '--tensorboard', 'shared');
  expect((await here(...args)).stderr).toBe('');
  const { code, stderr } = await here(...args);
  expect(code).toBe(0);
  expect(stderr).toBe(
    'shared has the events of another run, which TensorBoard hides behind those of this one. Give each run a --tensorboard of its own.\n',
  );
});

it('says before anything is trained that a folder cannot be written', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const place of ['file', join('file', 'inside')]) {
    const { code, error, stderr, stdout } = await here(
      ...training(onWaves, '--epochs', '1', '--out', 'never', '--tensorboard', place),
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(error).toMatchObject({ code: 'UNWRITABLE', file: join(folder, place) });
    expect(stderr).toMatch(
      /^error: .*: Event files cannot be written to the folder: .* Give another --tensorboard\.\n$/,
    );
  }
  expect(existsSync(join(folder, 'never'))).toBe(false);
});

it('leaves no file of a run that does not start', async () => {
  await writeFile(join(folder, 'taken'), '');
  const logs = join(folder, 'logs', 'none');
  const { code } = await here(...training(onWaves, '--epochs', '1', '--out', 'taken', '--tensorboard', logs));
  expect(code).toBe(1);
  expect(await readdir(logs)).toEqual([]);
});

describe('a disk that fills up', () => {
  const { writeSync } = fs;
  afterEach(() => {
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
  });

  it('is warned of once, and the training continues', async () => {
    let writes = 0;
    fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
      writes += 1;
      if (writes > 2) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return writeSync(...args);
    }) as typeof writeSync;
    syncBuiltinESMExports();
    const logs = join(folder, 'logs', 'full');
    const { code, stderr } = await here(
      ...training(onWaves, '--epochs', '6', '--out', 'full', '--tensorboard', logs),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^\S.*events\.out\.tfevents\.\S+: The event file cannot be written: the disk is full\. Training continues; TensorBoard's events are tried again\.\n$/,
    );
    const metrics = await readFile(join(folder, 'full', 'metrics.jsonl'), 'utf8');
    expect(metrics.trim().split('\n')).toHaveLength(6);
    const [events] = await eventsIn(logs);
    // What was written at the first loss, and at the end of the first epoch.
    expect(stepsOf('loss/train', events)).toEqual([2]);
  });
});
