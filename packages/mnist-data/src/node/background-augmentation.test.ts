import '@tensorflow/tfjs-backend-cpu';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AugmentedDataset } from '../augmentation/augmented-dataset';
import type { BatchOptions } from '../batch-indices';
import { type Batch, LabeledDataset } from '../dataset';
import { BackgroundAugmentation } from './background-augmentation';

const size = 50;
const examples = {
  inputs: Uint8Array.from({ length: size * 63 }, (_, i) => (i * 7919) % 256),
  labels: Uint8Array.from({ length: size }, (_, i) => i % 3),
  inputSize: 63,
  classes: 3,
  imageShape: [9, 7],
  normalization: { mean: 0.3, std: 0.2 },
} as const;
const data = new LabeledDataset(examples);
const options = { shift: 2, rotation: 20, scale: 0.2, elastic: 1, seed: 4 };

let made: BackgroundAugmentation[] = [];
function background(from = data) {
  made.push(new BackgroundAugmentation(from, options));
  return made.at(-1)!;
}

beforeAll(() => tf.setBackend('cpu'));
afterEach(async () => {
  await Promise.all(made.map((each) => each.close()));
  made = [];
});

function valuesOf({ inputs, labels, size }: Batch) {
  const values = { inputs: inputs.arraySync(), labels: [...labels.dataSync()], size };
  tf.dispose([inputs, labels]);
  return values;
}

async function all(source: AugmentedDataset | BackgroundAugmentation, given: BatchOptions) {
  const batches = [];
  for await (const batch of source.batches(given)) batches.push(valuesOf(batch));
  return batches;
}

describe('Augmentation in the background', () => {
  it.each<BatchOptions>([
    { batchSize: 8 },
    { batchSize: 8, shuffle: 3, epoch: 2 },
    { batchSize: 7, dropLast: true, epoch: 5 },
    { batchSize: 7, start: 6 },
    { batchSize: 7, start: 8 },
    { batchSize: 50, shuffle: [1, 2] },
  ])('gives the batches of the same data set without it: %j', async (given) => {
    const expected = await all(new AugmentedDataset(data, options), given);
    const before = tf.memory().numTensors;
    const source = background();
    expect(await all(source, given)).toEqual(expected);
    expect(await all(source, given)).toEqual(expected);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('may share the memory of the images, or a part of it', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(size * 63));
    shared.set(examples.inputs);
    const part = new LabeledDataset({ ...examples, inputs: shared }).subset(10, 30);
    const expected = await all(new AugmentedDataset(data.subset(10, 30), options), { batchSize: 6 });
    expect(await all(background(part), { batchSize: 6 })).toEqual(expected);
    expect(await all(background(data.subset(10, 30)), { batchSize: 6 })).toEqual(expected);
  });

  it('goes through it several times at once', async () => {
    const source = background();
    const epochs = [1, 2, 3].map((epoch) => ({ batchSize: 5, shuffle: epoch, epoch }));
    const got = await Promise.all(epochs.map((each) => all(source, each)));
    for (const [i, each] of epochs.entries())
      expect(got[i]).toEqual(await all(new AugmentedDataset(data, options), each));
  });

  it('can be left early, and begun again', async () => {
    const source = background();
    for await (const batch of source.batches({ batchSize: 5 })) {
      valuesOf(batch);
      break;
    }
    expect(await all(source, { batchSize: 5 })).toHaveLength(10);
  });

  it('gives no more batches once its signal has aborted, also to one who waits', async () => {
    const abort = new AbortController();
    const batches = background().batches({ batchSize: 5, signal: abort.signal });
    valuesOf((await batches.next()).value as Batch);
    abort.abort();
    expect((await batches.next()).done).toBe(true);

    const other = new AbortController();
    const waiting = background().batches({ batchSize: 5, signal: other.signal }).next();
    other.abort();
    expect((await waiting).done).toBe(true);
  });

  it('says so when it has been closed, also to one who waits', async () => {
    const source = background();
    const waiting = source.batches({ batchSize: 5 }).next();
    const closed = expect.objectContaining({
      code: 'THREAD_LOST',
      message: expect.stringContaining('closed'),
    });
    const refused = expect(waiting).rejects.toEqual(closed);
    await source.close();
    await refused;
    await expect(source.batches({ batchSize: 5 }).next()).rejects.toEqual(closed);
    await source.close();
  });

  it('refuses what the data set refuses, at once', () => {
    const source = background();
    for (const wrong of [{ batchSize: 0 }, { batchSize: 5, epoch: 0 }, { batchSize: 5, shufle: 1 }])
      expect(() => source.batches(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => new BackgroundAugmentation(data, { shift: -1 })).toThrow(/shift is -1/);
  });

  it('keeps a process until its batches are there, and no longer', () => {
    const { resolve } = createRequire(import.meta.url);
    const at = (name: string) => JSON.stringify(pathToFileURL(resolve(name)).href);
    const program = `
      import '${'@tensorflow/tfjs-backend-cpu'}';
      import { LabeledDataset } from ${at('@harmonic-mlp/mnist-data')};
      import { BackgroundAugmentation } from ${at('@harmonic-mlp/mnist-data/node')};
      const data = new LabeledDataset({
        inputs: new Uint8Array(90), labels: new Uint8Array(10), inputSize: 9, classes: 2, imageShape: [3, 3],
      });
      const source = new BackgroundAugmentation(data, { shift: 1 });
      let count = 0;
      for await (const batch of source.batches({ batchSize: 2 })) count += batch.size;
      // Left without an end.
      await source.batches({ batchSize: 2 }).next();
      console.log(count);`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect([stdout, status]).toEqual([expect.stringMatching(/10\n$/), 0]);
  });
});
