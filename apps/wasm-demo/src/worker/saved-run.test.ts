import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { inspectModelFile } from 'harmonic-mlp';
import { beforeAll, expect, it } from 'vitest';
import { packedSets } from '../parts';
import { initialTexts, parseSettings } from '../settings';
import { readSavedRun, runMetadata } from './saved-run';
import { Trainer } from './trainer';

const settingsOf = (texts: object) => parseSettings({ ...initialTexts, ...texts }).settings!;

/** A file that the page saved in the second epoch, in file version 1, on the cpu backend. */
const readFixture = async () =>
  new Uint8Array(await readFile(new URL('../../test/fixtures/version-1/midst.safetensors', import.meta.url)));
const onMnist = { dataset: 'mnist', seed: 0 };
const ofFixture = {
  dataset: 'mnist',
  hidden: [2],
  activation: 'harmonic',
  baseFreq: [1],
  maxFreq: [5],
  norm: 'after',
  normKind: 'batch',
  noise: 0,
  inputNoise: 0,
  skipConnections: false,
  standardizeInputs: false,
  maxNorm: 'none',
  dropout: 0.1,
  loss: 'squared',
  labelSmoothing: 0,
  epochs: 2,
  batchSize: 1000,
  seed: 3,
  optimizer: 'adam',
  clipNorm: 'none',
  learningRate: 0.01,
  weightDecay: 1e-5,
  freqScaleFactor: 0.1,
  freqScale: 'update',
  schedule: 'plateau',
  firstEpoch: 'arrival',
  compare: false,
};

beforeAll(() => setBackend('cpu'));

it('keeps a run under the names of the table, without the model, and gives all of it back', async () => {
  const settings = settingsOf({ hidden: '2', seed: '3', schedule: 'cosine', warmup: '0.05', maxFreq: '4' });
  const { run } = await runMetadata(settings);
  expect(JSON.parse(run)).toMatchObject({
    batchSize: 128,
    learningRate: 1e-3,
    schedule: 'cosine',
    warmup: 0.05,
    seed: 3,
    firstEpoch: 'arrival',
    dataset: 'mnist',
    backend: 'wasm',
  });
  expect(JSON.parse(run)).not.toHaveProperty('hidden');
  const file = { ...inspectModelFile(await readFixture()), history: [], metadata: { run } };
  const { settings: read, resumable } = await readSavedRun(file, onMnist);
  expect(resumable).toBe(true);
  const {
    hidden: _,
    maxFreq: __,
    baseFreq: ___,
    dropout: ____,
    preset: _____,
    backend: ______,
    ...ofRun
  } = settings;
  expect(read).toMatchObject(ofRun);
});

it('takes the command line’s for a run that shuffled its first epoch, and no run that it does not know', async () => {
  const file = inspectModelFile(await readFixture());
  const { firstEpoch: _, epochs: __, ...run } = JSON.parse(file.metadata.run);
  const read = (changes: object) =>
    readSavedRun({ ...file, metadata: { run: JSON.stringify({ ...run, ...changes }) } }, onMnist);
  expect(await read({})).toMatchObject({ resumable: true, settings: { firstEpoch: 'shuffled', epochs: 15 } });
  expect((await read({ schedule: 'zigzag' })).resumable).toBe(false);
  expect((await read({ seed: 4 })).resumable).toBe(false);
  expect((await read({ validation: 0.1 })).resumable).toBe(false);
  expect((await read({ augmentShift: 2 })).resumable).toBe(false);
  expect((await read({ augmentShift: 0, augmentElastic: 0 })).resumable).toBe(true);
});

it('goes on with what the page saved as version 1, to the bit', async () => {
  const trainer = await trainerWithImages();
  // The page's form does not matter.
  const others = settingsOf({ schedule: 'one-cycle', warmup: '0.5', freqScale: 'gradient', compare: 'yes' });
  const loaded = await trainer.load(await readFixture(), others);
  expect(loaded).toMatchObject({ resumable: true, trainedOn: 'mnist', at: { epoch: 2, step: 52 } });
  expect(loaded.settings).toEqual(ofFixture);
  await wholeRun(trainer);
  const { history, metadata } = inspectModelFile(await trainer.save());
  // As that release continued.
  expect(history.at(-1)).toMatchObject({
    epoch: 2,
    trainLoss: 1.9458218812942505,
    trainAccuracy: 0.2639,
    validation: { loss: 1.7899005651473998, accuracy: 0.3394 },
    learningRate: 0.01,
  });
  expect(JSON.parse(metadata.run)).toMatchObject({ learningRate: 0.01, firstEpoch: 'arrival' });
  expect(JSON.parse(metadata.run)).not.toHaveProperty('lr');
}, 60_000);

it('smooths labels', { tags: 'long', timeout: 120_000 }, async () => {
  const trainer = await trainerWithImages();
  const lossWith = async (texts: Record<string, string>) => {
    const few = { hidden: '1', epochs: '1', batchSize: '10000', firstEpoch: 'shuffled' };
    await trainer.prepare(settingsOf({ ...few, ...texts }));
    await wholeRun(trainer);
    return inspectModelFile(await trainer.save()).history[0].trainLoss;
  };
  const sharp = await lossWith({});
  // The first steps differ by the smoothed targets alone.
  expect(await lossWith({ labelSmoothing: '0.5' })).not.toBeCloseTo(sharp, 2);
});

async function trainerWithImages(): Promise<Trainer> {
  const trainer = new Trainer();
  for (const set of ['train', 'test'] as const) {
    const { labels, images } = packedSets[set];
    trainer.arrive({ set, bytes: await packed(labels.name, 8) });
    let first = 0;
    for (const { name, shape } of images) {
      trainer.arrive({ set, first, bytes: await packed(name, 16) });
      first += shape[0];
    }
  }
  return trainer;
}

const wholeRun = (trainer: Trainer) =>
  new Promise<void>((resolve, reject) => {
    trainer.onEvent((event) => {
      if (event.type === 'failed') reject(new Error(event.message));
      if (event.type === 'ended') resolve();
    });
    trainer.run(1);
  });

/** The bytes of a file from the page, without its header. */
async function packed(name: string, header: number): Promise<Uint8Array> {
  const file = await readFile(new URL(`../../generated/public/data/${name}.gz`, import.meta.url));
  return new Uint8Array(gunzipSync(file)).subarray(header);
}
