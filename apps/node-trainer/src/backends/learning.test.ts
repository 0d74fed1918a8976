import '@tensorflow/tfjs-backend-cpu';
import { enableProdMode, memory, setBackend } from '@tensorflow/tfjs-core';
import { type FitResult, HarmonicMLP } from 'harmonic-mlp';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { lossesOfLearning } from './learning';

beforeAll(async () => {
  enableProdMode();
  await setBackend('cpu');
});

afterEach(() => {
  vi.restoreAllMocks();
});

it('gives the losses of a training that learns, and leaves no tensor behind', async () => {
  const before = memory().numTensors;
  const [first, last] = await lossesOfLearning();
  expect(last).toBeLessThan(0.8 * first);
  expect(memory().numTensors).toBe(before);
});

it.each([
  [1, 1],
  [1, 1.5],
  [1, Number.NaN],
  [Number.POSITIVE_INFINITY, 1],
])('refuses a training whose loss goes from %d to %d', async (...losses) => {
  const history = losses.map((trainLoss) => ({ trainLoss }));
  vi.spyOn(HarmonicMLP.prototype, 'fit').mockResolvedValue({ history } as FitResult);
  await expect(lossesOfLearning()).rejects.toMatchObject({
    code: 'DEVICE_FAILED',
    message: `A network that is trained on it does not learn: its loss went from ${losses[0]} to ${losses[1]}.`,
  });
});
