import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { HarmonicMLP, readCheckpoint } from 'harmonic-mlp';
import { expect, it, vi } from 'vitest';
import { RunFolder, readModelFile } from '../src/run-folder';
import { RunRecorder } from '../src/run-recorder';
import type { SavedRun } from '../src/saved-run';
import { scoringOf } from '../src/scoring';

it.each(['interrupted', 'finished'])(
  'a run whose folder was removed after its last checkpoint is saved when it is %s',
  async (end) => {
    await setBackend('cpu');
    vi.spyOn(console, 'error').mockImplementation(() => {});
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const folder = await mkdtemp(join(tmpdir(), 'harmonic recorder '));
    const model = new HarmonicMLP({ inputSize: 1, classes: 2, hidden: [2] });
    const recorder = new RunRecorder({
      out: folder,
      scoring: scoringOf('classification'),
      metadata: { own: 'text' },
      checkpoints: { keep: 1 },
      config: () => ({}),
      warn: () => {},
    });
    const aborting = new AbortController();
    const remove = {
      name: 'remove',
      async onEpoch({ epoch }: { epoch: number }) {
        if (epoch < 2) return;
        await rm(folder, { recursive: true });
        if (end === 'interrupted') aborting.abort();
      },
    };
    const data = { inputs: [[0], [1], [2], [3]], targets: [0, 1, 0, 1] };
    await model.fit(data, {
      epochs: end === 'interrupted' ? 3 : 2,
      callbacks: [recorder, remove],
      signal: aborting.signal,
    });
    recorder.close();
    model.dispose();
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['config.json', 'last.safetensors', 'metrics.jsonl']),
    );
    const { bytes } = await readModelFile(join(folder, 'last.safetensors'));
    const { position, metadata } = readCheckpoint(bytes);
    expect({ position, own: metadata.own }).toMatchObject({ position: { epoch: 3, step: 0 }, own: 'text' });
    await rm(folder, { recursive: true });
  },
);

const substitute =
  /^The best model so far, with accuracy 50\.00%, was not beside the resumed one: .*best\.safetensors holds that of epoch 3, until one is better\./;

it.each([
  { without: 'nothing', says: [] },
  { without: 'best.safetensors', says: [expect.stringMatching(substitute)] },
])('a run that is resumed in its folder without $without', async ({ without, says }) => {
  await setBackend('cpu');
  const folder = await mkdtemp(join(tmpdir(), 'harmonic recorder '));
  const last = join(folder, 'last.safetensors');
  // Each epoch is as good as the one before.
  const validation = { inputs: [[0], [0]], targets: [0, 1] };
  const train = async (epochs: number, resumed?: SavedRun) => {
    const warnings: string[] = [];
    const recorder = new RunRecorder({
      ...(resumed === undefined ? { out: folder } : { folder: await RunFolder.open(folder) }),
      resumed,
      scoring: scoringOf('classification'),
      metadata: {},
      checkpoints: { keep: 1 },
      config: () => ({}),
      warn: (text) => warnings.push(text),
    });
    const model = new HarmonicMLP({ inputSize: 1, classes: 2, hidden: [2] });
    const data = { inputs: [[0], [1], [2], [3]], targets: [0, 1, 0, 1] };
    await model.fit(data, { epochs, validation, callbacks: [recorder], resume: resumed?.checkpoint });
    recorder.close();
    model.dispose();
    return warnings;
  };
  expect(await train(2)).toEqual([]);
  const { bytes } = await readModelFile(last);
  await rm(join(folder, without), { force: true });
  const resumed = { file: last, folder, checkpoint: readCheckpoint(bytes), values: {}, dataFingerprint: '' };
  expect(await train(4, resumed)).toEqual(says);
  const events = (await readFile(join(folder, 'events.jsonl'), 'utf8')).trim().split('\n');
  const told = events.map((line) => JSON.parse(line)).filter(({ event }) => event === 'warning');
  expect(told.map(({ message }) => message)).toEqual(says);
  const { history } = readCheckpoint(await readFile(join(folder, 'best.safetensors')));
  expect(history).toHaveLength(without === 'nothing' ? 1 : 3);
  await rm(folder, { recursive: true });
});
