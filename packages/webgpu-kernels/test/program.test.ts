import '@tensorflow/tfjs-backend-cpu';
import { DeviceDataset, LabeledDataset } from '@harmonic-mlp/mnist-data';
import { cast, env, memory, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { useBackend } from '../../../test/support/backends';
import { missingWebgpu } from '../../../test/support/webgpu-in-node';
import { HarmonicMLP, presets } from '../../harmonic-mlp/src';
import { type Case, family, trained } from '../../harmonic-mlp/test/capture-cases';
import { unregisterWebgpuKernels } from '../src';

const missing = await missingWebgpu();
if (process.env.REQUIRE_WEBGPU) it('has an adapter', () => expect(missing).toBeUndefined());

/** Those that are not captured. */
const composed: readonly string[] = [];

/** The numbers in what a run gives, in order. */
const numbersIn = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
};

async function expectAlike(each: Case, isCaptured = true): Promise<void> {
  const captured = await trained(each, true);
  const ordinary = await trained(each, false);
  expect(captured.event?.captured, captured.event?.reason).toBe(isCaptured);
  // Some sums are taken in another order.
  const [given, expected] = [captured, ordinary].map(({ records, content }) => numbersIn([records, content]));
  expectAllClose(given, expected, { relative: 1e-4, floor: 1e-6, absolute: 1e-5 });
}

describe.skipIf(missing !== undefined)(`Captured runs on webgpu${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(() => useBackend({ backend: 'webgpu', kernels: 'wgsl' }));
  afterAll(() => unregisterWebgpuKernels());

  const quick = ['harmonic', 'dropout', 'noise', 'weights', 'squared error', 'sgd', 'the schedule cosine'];
  for (const [name, each] of family) {
    it(`are like others: ${name}`, { tags: quick.includes(name) ? [] : ['long'] }, () =>
      expectAlike(each, !composed.some((start) => name.startsWith(start))),
    );
  }

  it.each(['published', 'recommended'] as const)(
    'take rows of a data set on the device: %s',
    async (name) => {
      const size = 40;
      const data = new LabeledDataset({
        inputs: Uint8Array.from({ length: size * 9 }, (_, i) => (i * 7919) % 256),
        labels: Uint8Array.from({ length: size }, (_, i) => i % 3),
        inputSize: 9,
        classes: 3,
        normalization: { mean: 0.3, std: 0.2 },
      });
      const run = async (source: LabeledDataset | DeviceDataset, capture: boolean) => {
        const model = new HarmonicMLP({
          ...presets[name].model,
          inputSize: 9,
          classes: 3,
          // As many units as examples: tfjs keeps freed buffers for tensors of the same size.
          hidden: [40, 40],
          seed: 1,
        });
        let captured: boolean | undefined;
        const { history } = await model.fit(source, {
          epochs: 4,
          batchSize: 7,
          seed: 2,
          capture,
          onWarning() {},
          onCapture(event) {
            captured = event.captured;
          },
        });
        expect(captured).toBe(capture);
        // The gradient of a bias before a norm is 0 but for rounding, of which Adam takes steps.
        const steady = Object.entries(model.parameters).filter(
          ([path]) => model.config.norm !== 'before' || !/hidden.*bias/.test(path),
        );
        const weights = (await Promise.all(steady.map(async ([, each]) => [...(await each.data())]))).flat();
        model.dispose();
        return { weights, losses: history.map(({ trainLoss }) => trainLoss) };
      };
      // As usual, with which tfjs gathers few labels without the device, so that the first captured step uploads them.
      env().set('WEBGPU_CPU_FORWARD', true);
      const onDevice = new DeviceDataset(data);
      const before = memory().numTensors;
      const [gathered, sent, ordinary] = [
        await run(onDevice, true),
        await run(data, true),
        await run(data, false),
      ];
      expect(memory().numTensors).toBe(before);
      expect(gathered).toEqual(sent);
      expectAllClose(gathered.weights, ordinary.weights, { relative: 1e-4, absolute: 1e-5 });
      expectAllClose(gathered.losses, ordinary.losses, { relative: 1e-5 });
      onDevice.dispose();
      env().set('WEBGPU_CPU_FORWARD', false);
    },
  );

  it('read integers that tfjs calls floats', async () => {
    const size = 24;
    const pixels = Int32Array.from({ length: size * 3 }, (_, i) => (i * 31) % 7);
    const source = {
      ...{ size, inputSize: 3, classes: 2 },
      *batches({ batchSize }: { batchSize: number }) {
        for (let from = 0; from < size; from += batchSize) {
          const rows = tensor2d(pixels.slice(3 * from, 3 * (from + batchSize)), [batchSize, 3], 'int32');
          const inputs = tidy(() => cast(rows, 'float32'));
          rows.dispose();
          const labels = tensor1d(
            Int32Array.from({ length: batchSize }, (_, i) => i % 2),
            'int32',
          );
          yield { inputs, labels, size: batchSize };
        }
      },
    };
    const losses = async (capture: boolean) => {
      const model = new HarmonicMLP({ inputSize: 3, classes: 2, hidden: [6], dropout: 0, seed: 1 });
      const { history, captured } = await model.fit(source, {
        epochs: 4,
        batchSize: 8,
        capture,
        onWarning() {},
      });
      model.dispose();
      expect(captured).toBe(capture);
      return history.map(({ trainLoss }) => trainLoss);
    };
    expectAllClose(await losses(true), await losses(false), { relative: 1e-4 });
  });
});
