import { memory, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// The loss of this test is made of stock operations.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FitOptions, fit, HarmonicMLP, readCheckpoint } from '../src';
import { leastSquares, line, linearModel, type Points } from './line';

beforeAll(() => setBackend('cpu'));

const options: FitOptions<Points> = {
  task: leastSquares,
  epochs: 4,
  batchSize: 16,
  learningRate: 0.1,
  schedule: 'cosine',
};

/** A checkpoint in the middle of the second epoch. */
async function interrupted(architecture?: string): Promise<Uint8Array> {
  const model = linearModel(architecture);
  const stop = new AbortController();
  let file = new Uint8Array();
  await fit(model, line, {
    ...options,
    signal: stop.signal,
    onStep: ({ epoch, step }) => {
      if (epoch === 2 && step === 2) stop.abort();
    },
    onAbort: async ({ checkpoint }) => {
      file = await checkpoint();
    },
  });
  model.dispose();
  return file;
}

describe('A model of one’s own', () => {
  it.each([undefined, 'line'])('is resumed to the bit, with the architecture %s', async (architecture) => {
    const whole = linearModel(architecture);
    const { history } = await fit(whole, line, options);
    const file = await interrupted(architecture);
    const model = linearModel(architecture);
    const before = memory().numTensors;
    const checkpoint = readCheckpoint<{ kind: string }>(file, architecture ?? 'custom');
    expect(checkpoint).toMatchObject({
      architecture: architecture ?? 'custom',
      config: { kind: 'line' },
      position: { epoch: 2, step: 2 },
    });
    for (const resume of [file, checkpoint]) {
      const resumed = await fit(model, line, { ...options, resume });
      expect(resumed.steps).toBe(7);
      expect(resumed.history.map(({ trainLoss }) => trainLoss)).toEqual(
        history.map(({ trainLoss }) => trainLoss),
      );
      expect(model.parameters.weights.dataSync()).toEqual(whole.parameters.weights.dataSync());
    }
    expect(memory().numTensors).toBe(before);
    model.dispose();
    whole.dispose();
  });

  it('refuses the file of another architecture, and HarmonicMLP that of a model of one’s own', async () => {
    const file = await interrupted('line');
    const mlp = new HarmonicMLP({ inputSize: 2, classes: 2, hidden: [] });
    const other = linearModel('parabola');
    const before = memory().numTensors;
    const refused = (found: string, wanted: string) =>
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'architecture',
        value: found,
        allowed: JSON.stringify(wanted),
        message: `This file holds a model of the architecture "${found}", not "${wanted}". Resume a model of that architecture, or read the file with readCheckpoint(file, "${found}").`,
      });
    for (const given of [file, readCheckpoint(file, 'line')] as Uint8Array[]) {
      expect(() => HarmonicMLP.fromBytes(given)).toThrow(refused('line', 'HarmonicMLP'));
      expect(() => readCheckpoint(given)).toThrow(refused('line', 'HarmonicMLP'));
      await expect(fit(other, line, { ...options, resume: given })).rejects.toEqual(
        refused('line', 'parabola'),
      );
    }
    const own = await mlp.toBytes();
    await expect(fit(other, line, { ...options, resume: own })).rejects.toEqual(
      refused('HarmonicMLP', 'parabola'),
    );
    expect(readCheckpoint(own)).toMatchObject({ architecture: 'HarmonicMLP', config: mlp.config });
    expect(memory().numTensors).toBe(before);
    mlp.dispose();
    other.dispose();
  });

  it('refuses a checkpoint of another configuration', async () => {
    const model = { ...linearModel('line'), config: { kind: 'plane' } };
    const resume = await interrupted('line');
    await expect(fit(model, line, { ...options, resume })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'kind',
      value: 'plane',
      allowed: '"line"',
    });
    model.parameters.weights.dispose();
  });
});
