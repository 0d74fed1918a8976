import '@tensorflow/tfjs-backend-cpu';
import { enableProdMode, memory, setBackend } from '@tensorflow/tfjs-core';
import { type HarmonicMLPOptions, resolveConfig } from 'harmonic-mlp';
import { beforeAll, expect, it } from 'vitest';
import type { Backend } from './backend';
import { probe } from './probe';

beforeAll(async () => {
  enableProdMode();
  await setBackend('cpu');
});

it.each<HarmonicMLPOptions>([
  { classes: 3 },
  { task: 'regression' },
  { task: 'regression', outputs: 2, norm: 'none', loss: 'huber' },
  { task: 'multi-label', outputs: 4 },
])('times steps of a model for %j, and leaves no tensor behind', async (options) => {
  const model = resolveConfig({ inputSize: 4, hidden: [3], ...options });
  const before = memory().numTensors;
  const backend = { keepsData: false } as Backend;
  const { stepSeconds } = await probe(backend, { model, batchSize: 8, background: 0 });
  expect(stepSeconds).toBeGreaterThan(0);
  expect(memory().numTensors).toBe(before);
});
