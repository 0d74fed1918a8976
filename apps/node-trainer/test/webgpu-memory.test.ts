/** @module-tag long */

import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeviceDataset, LabeledDataset } from '@harmonic-mlp/mnist-data';
import { memory } from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';
import { expect, it, vi } from 'vitest';
import { startBackend } from '../src/backends';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Whether Dawn is installed and loads on this system. */
const hasDawn = await import('webgpu').then(
  () => true,
  () => false,
);

// Dawn's null adapter holds everything that a step asks for, but computes nothing: an adapter in software would spend a
// minute on numbers that do not matter here.
vi.mock('webgpu', async (importDawn) => {
  const dawn = await importDawn<typeof import('webgpu')>();
  return { ...dawn, create: () => dawn.create(['backend=null']) };
});

it.skipIf(!hasDawn)('a training step on webgpu leaves no memory behind', { timeout: 120_000 }, async () => {
  const backend = await startBackend({ backend: 'webgpu', kernels: false, isTried: true });
  try {
    const size = 8 * 8;
    const examples = new DeviceDataset(
      new LabeledDataset({
        inputs: Uint8Array.from({ length: size * 12 }, (_, i) => (i * 37) % 256),
        labels: Uint8Array.from({ length: size }, (_, i) => i % 3),
        inputSize: 12,
        classes: 3,
      }),
    );
    const model = new HarmonicMLP({ inputSize: 12, hidden: [4], classes: 3 });
    const states: object[] = [];
    const resident: number[] = [];
    await model.fit(examples, {
      epochs: 60,
      batchSize: 8,
      readEvery: 4,
      onMetrics: () => states.push({ ...memory() }),
      onEpoch: async ({ epoch }) => {
        if (epoch % 20 !== 0) return;
        for (let time = 0; time < 3; time++) {
          collectGarbage();
          await setImmediate();
        }
        resident.push(process.memoryUsage().rss);
      },
    });
    expect(states).toHaveLength(120);
    // The first steps allocate what later ones reuse.
    const [settled, ...later] = states.slice(4);
    for (const state of later) expect(state).toEqual(settled);
    // Only this shows what Dawn holds.
    const [, before, after] = resident;
    console.log(`resident memory: ${resident.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ')} MB`);
    expect(after - before).toBeLessThan(10e6);
    model.dispose();
    examples.dispose();
    expect(memory().numTensors).toBe(0);
  } finally {
    await backend.close();
  }
});
