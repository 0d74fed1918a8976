/** @module-tag long */

import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeviceDataset, LabeledDataset } from '@harmonic-mlp/mnist-data';
import { findBackend, memory } from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';
import { describe, expect, it, vi } from 'vitest';
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

const size = 8 * 8;

/**
 * Trains in epochs of eight steps on data on the device, and tells what tfjs and the process held meanwhile, up to the end.
 *
 * @param sampled how many epochs are between measurements of the process.
 */
async function held(kernels: boolean, epochs: number, sampled: number) {
  const backend = await startBackend({ backend: 'webgpu', kernels, isTried: true });
  try {
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
    const { captured } = await model.fit(examples, {
      epochs,
      batchSize: 8,
      readEvery: 4,
      onMetrics: () => states.push({ ...memory() }),
      onEpoch: async ({ epoch }) => {
        if (epoch % sampled !== 0) return;
        for (let time = 0; time < 3; time++) {
          collectGarbage();
          await setImmediate();
        }
        resident.push(process.memoryUsage().rss);
      },
    });
    console.log(`resident memory: ${resident.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ')} MB`);
    model.dispose();
    examples.dispose();
    expect(memory().numTensors).toBe(0);
    return { captured, states, resident };
  } finally {
    await backend.close();
  }
}

it.skipIf(!hasDawn)('After a failure, nothing that captured steps left is read', async () => {
  const backend = await startBackend({ backend: 'webgpu', kernels: true, isTried: true });
  try {
    const model = new HarmonicMLP({ inputSize: 12, hidden: [4], classes: 3 });
    const inputs = Array.from({ length: 8 }, (_, i) => Array.from({ length: 12 }, (_, k) => Math.sin(i * k)));
    const examples = { inputs, targets: inputs.map((_, i) => i % 3) };
    const { captured } = await model.fit(examples, { epochs: 8, batchSize: 4 });
    expect(captured).toBe(true);
    const { device } = findBackend('webgpu') as unknown as { device: GPUDevice };
    const error = new GPUOutOfMemoryError('vkAllocateMemory failed');
    device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
    await expect(model.toBytes()).rejects.toThrow('does not have enough memory for this');
    model.dispose();
  } finally {
    await backend.close();
  }
});

describe.skipIf(!hasDawn)('Steps on webgpu leave no memory behind', { timeout: 300_000 }, () => {
  it("of tfjs's operations", async () => {
    const { captured, states, resident } = await held(false, 60, 20);
    expect(captured).toBe(false);
    expect(states).toHaveLength(120);
    // The first steps allocate what later ones reuse.
    const [settled, ...later] = states.slice(4);
    for (const state of later) expect(state).toEqual(settled);
    // Only this shows what Dawn holds.
    const [, before, after] = resident;
    expect(after - before).toBeLessThan(10e6);
  });

  it('of a captured program: 20,000', async () => {
    const { captured, states, resident } = await held(true, 2500, 500);
    expect(captured).toBe(true);
    expect(states).toHaveLength(5000);
    const [settled, ...later] = states.slice(4);
    for (const state of later) expect(state).toEqual(settled);
    const [, before, ...after] = resident;
    expect(after).toHaveLength(3);
    for (const bytes of after) expect(bytes - before).toBeLessThan(10e6);
  });
});
