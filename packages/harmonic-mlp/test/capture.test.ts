import '@tensorflow/tfjs-backend-wasm';
import { executorOf, setExecutor } from '@harmonic-mlp/core/program';
import { registerWasmKernels } from '@harmonic-mlp/wasm-kernels';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { HarmonicMLP } from '../src';
import { noisyPatterns } from './small-data';

beforeAll(async () => {
  await setBackend('wasm');
  await registerWasmKernels();
});

it('gives the same weights', async () => {
  const train = noisyPatterns({ size: 70 });
  const run = async () => {
    const model = new HarmonicMLP({
      inputSize: train.inputSize,
      classes: train.classes,
      hidden: [16, 8],
      seed: 3,
    });
    const { history } = await model.fit(train, { epochs: 6, batchSize: 16, validation: train });
    const bytes = await model.toBytes();
    model.dispose();
    return { history: history.map(({ seconds: _, ...rest }) => rest), bytes };
  };
  const before = memory().numTensors;
  const captured = await run();
  expect(memory().numTensors).toBe(before);
  const executor = executorOf('wasm');
  setExecutor('wasm', undefined);
  const ordinary = await run();
  setExecutor('wasm', executor);
  expect(captured.history).toEqual(ordinary.history);
  expect(captured.bytes).toEqual(ordinary.bytes);
});
