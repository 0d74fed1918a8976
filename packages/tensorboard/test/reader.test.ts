import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { HarmonicMLP } from 'harmonic-mlp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingTensorBoard, readWithTensorBoard } from '../../../test/support/tensorboard';
import { EventWriter, tensorBoard } from '../src';
import { eventFile } from '../src/node';
import { sides } from './examples';

const missing = missingTensorBoard();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic reader '));
  await setBackend('cpu');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes a file into a folder. */
async function writeEvents(place: string, fill: (writer: EventWriter) => void): Promise<string> {
  const file = eventFile(place);
  file.open();
  const path = file.path!;
  const writer = new EventWriter((bytes) => file.write(bytes));
  fill(writer);
  await writer.flush();
  file.close();
  return path;
}

describe.skipIf(missing !== undefined)(`TensorBoard's own readers${missing ? `: ${missing}` : ''}`, () => {
  it('find what was written', async () => {
    const place = join(folder, 'written');
    await writeEvents(place, (writer) => {
      writer.scalar('loss/train', 1, 0.1);
      writer.scalar('loss/train', 2 ** 33, -2e-9);
      writer.histogram('weights', 3, [-1, 0.5, 3, 3]);
      writer.image('kernels', 4, { width: 3, height: 2, channels: 1, data: new Uint8Array(6) });
      writer.text('notes', 5, '# Grüße\n\n| a | b |');
    });
    const found = readWithTensorBoard(place);
    expect(found.scalars).toEqual({
      'loss/train': [
        [1, Math.fround(0.1)],
        [2 ** 33, Math.fround(-2e-9)],
      ],
    });
    expect(found.histograms.weights).toEqual([
      {
        step: 3,
        min: -1,
        max: 3,
        num: 4,
        sum: 5.5,
        sum_squares: 19.25,
        bucket_limit: Array.from({ length: 64 }, (_, i) => -1 + (i + 1) / 16),
        bucket: Array.from({ length: 64 }, (_, i) => ({ 0: 1, 24: 1, 63: 2 })[i] ?? 0),
      },
    ]);
    expect(found.images.kernels).toMatchObject([{ step: 4, width: 3, height: 2 }]);
    expect(found.texts).toEqual({ notes: [[5, '# Grüße\n\n| a | b |']] });
    expect(found.plugins).toEqual({
      'loss/train': { plugin: 'scalars', shapes: [[], []] },
      weights: { plugin: 'histograms', shapes: [[64, 3]] },
      kernels: { plugin: 'images', shapes: [[3]] },
      notes: { plugin: 'text', shapes: [[]] },
    });
  });

  it('find a run, and of one that was killed and resumed each step once', async () => {
    const place = join(folder, 'run');
    const [train, validation, batchSize] = [sides(64, 1), sides(20, 2), 16];
    const fit = (model: HarmonicMLP, options: object) =>
      model.fit(train, {
        batchSize,
        validation,
        ...options,
        callbacks: [tensorBoard({ to: eventFile(place), inputs: validation.inputs })],
      });
    let checkpoint = new Uint8Array();
    const first = new HarmonicMLP({ inputSize: 64, classes: 2, hidden: [6], seed: 1 });
    await fit(first, {
      epochs: 3,
      onEpoch: async ({ epoch, checkpoint: make }: { epoch: number; checkpoint(): Promise<Uint8Array> }) => {
        if (epoch === 1) checkpoint = (await make()) as never;
      },
    });
    const { history } = await fit(HarmonicMLP.fromBytes(checkpoint), { epochs: 2, resume: checkpoint });
    const found = readWithTensorBoard(place);
    expect(found.scalars['loss/train']).toEqual(
      history.map(({ trainLoss }, i) => [4 * (i + 1), Math.fround(trainLoss)]),
    );
    expect(found.scalars['accuracy/validation'].map(([step]) => step)).toEqual([4, 8]);
    expect(found.histograms['activations/hidden.0'].map(({ step }) => step)).toEqual([0, 4, 8]);
    expect(found.images['kernels/hidden.0'].map(({ step }) => step)).toEqual([0, 4, 8]);
    expect(found.texts.configuration.map(([step]) => step)).toEqual([0, 5]);
    expect(found.plugins['weights/output/kernel'].plugin).toBe('histograms');
  });

  it('find everything before a torn record, and the file that follows', async () => {
    const place = join(folder, 'torn');
    const path = await writeEvents(place, (writer) => {
      for (let step = 1; step <= 3; step++) writer.scalar('a', step, step);
    });
    await truncate(path, 3 * 40);
    const whole = await writeEvents(place, (writer) => writer.scalar('a', 4, 4));
    expect(whole > path).toBe(true);
    const steps = readWithTensorBoard(place).scalars.a.map(([step]) => step);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual([...[1, 2].slice(0, steps.length - 1), 4]);
  });

  it('would not find what is not there', async () => {
    const place = join(folder, 'empty');
    await writeEvents(place, (writer) => writer.scalar('a', 1, 1));
    const [name] = await readdir(place);
    await writeFile(join(place, name), 'damaged');
    expect(readWithTensorBoard(place).scalars).toEqual({});
  });
});
