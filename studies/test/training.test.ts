import '@tensorflow/tfjs-backend-wasm';
import { memory, ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { trainRegression } from '../src/harness';

beforeAll(async () => {
  await setBackend('wasm');
  await ready();
});

const inputs = Array.from({ length: 32 }, (_, i) => i / 16 - 1);
const line = { inputs, targets: inputs.map((x) => 100 + 7 * x) };
const model = { inputSize: 1, hidden: [8], activation: 'tanh' };
const run = { model, train: line, steps: 200, batchSize: 32, learningRate: 0.02, seed: 1 };

it('gives the errors in the unit of the targets, and leaves no tensors', async () => {
  const before = memory().numTensors;
  const shifted = { inputs, targets: line.targets.map((y) => y + 7) };
  const { train, test } = await trainRegression(run, { train: line, test: shifted });
  expect(train).toBeLessThan(1);
  expect(test).toBeGreaterThan(6);
  expect(test).toBeLessThan(8);
  expect(memory().numTensors).toBe(before);
});

it('gives Infinity for a run that diverges, and leaves no tensors', async () => {
  const before = memory().numTensors;
  const errors = await trainRegression({ ...run, learningRate: 1e30 }, { train: line, test: line });
  expect(errors).toEqual({ train: Infinity, test: Infinity });
  expect(memory().numTensors).toBe(before);
});

it('throws other errors', async () => {
  const wrong = trainRegression({ ...run, model: { ...model, hidden: [-1] } }, { train: line });
  await expect(wrong).rejects.toThrow('hidden');
});

it('trains with the decay that was asked for', async () => {
  const errorOf = async (changes: object) =>
    (await trainRegression({ ...run, steps: 20, ...changes }, { train: line })).train;
  expect(await errorOf({ weightDecay: 5 })).not.toBeCloseTo(await errorOf({}), 3);
});
