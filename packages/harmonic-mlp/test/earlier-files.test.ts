import { readFile } from 'node:fs/promises';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FitOptions, HarmonicMLP, readCheckpoint } from '../src';
import { noisyPatterns } from './small-data';

// Files as version 1 wrote them, on the cpu backend, with the data and options below: checkpoints of runs, and the models that
// the same runs, uninterrupted, had come to after four epochs.
const read = (name: string) => readFile(new URL(`fixtures/version-1/${name}.safetensors`, import.meta.url));

const data = noisyPatterns({ size: 70 });
const published: FitOptions = { epochs: 4, batchSize: 16, readEvery: 2, validation: data };
const changed: FitOptions = { epochs: 4 };

beforeAll(() => setBackend('cpu'));

const weightsOf = (model: HarmonicMLP) =>
  Object.entries(model.variables).map(([path, variable]) => [path, [...variable.dataSync()]]);

describe('Files of version 1', () => {
  it('give the model that was saved', async () => {
    const file = await read('model');
    const [model, same] = [HarmonicMLP.fromBytes(file), new HarmonicMLP(readCheckpoint(file).config)];
    expect(model.config).toMatchObject({ inputSize: 12, classes: 4, hidden: [6, 5], seed: 3 });
    expect(readCheckpoint(file).metadata.note).toBe('kept');
    expect(weightsOf(model)).toEqual(weightsOf(same));
    model.dispose();
    same.dispose();
  });

  it.each([
    ['epoch-2', 'epoch-4', published],
    ['epoch-3-step-2', 'epoch-4', published],
    ['update-epoch-2', 'update-epoch-4', changed],
  ])('are resumed from %s to %s, to the bit', async (from, to, options) => {
    const checkpoint = readCheckpoint(await read(from));
    const final = HarmonicMLP.fromBytes(await read(to));
    const model = new HarmonicMLP(checkpoint.config);
    const { history } = await model.fit(data, { ...options, resume: checkpoint });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(weightsOf(model)).toEqual(weightsOf(final));
    model.dispose();
    final.dispose();
  });

  it('are written as version 3, and resumed by either to the same', async () => {
    const first = HarmonicMLP.fromBytes(await read('epoch-2'));
    let file: Uint8Array | undefined;
    await first.fit(data, {
      ...published,
      resume: await read('epoch-2'),
      epochs: 3,
      onEpoch: async ({ checkpoint }) => {
        file = await checkpoint();
      },
    });
    expect(readCheckpoint(file!).metadata.version).toBe('3');
    await first.fit(data, { ...published, resume: file });
    const final = HarmonicMLP.fromBytes(await read('epoch-4'));
    expect(weightsOf(first)).toEqual(weightsOf(final));
    first.dispose();
    final.dispose();
  });
});
