import { randomKey } from '@harmonic-mlp/core';
import { DeviceDataset, LabeledDataset } from '@harmonic-mlp/mnist-data';
import { gather, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type Batch, type ExampleSource, HarmonicMLP } from '../src';
import { noisyPatterns } from './small-data';

/** What it takes to gather the batches of an epoch elsewhere. */
type Whole<Form extends 'arrays' | 'tensors'> = ExampleSource<Batch> &
  Required<Pick<ExampleSource<Batch>, 'order' | Form>>;

const { inputs, labels } = noisyPatterns({ size: 50 });
const epoch = { shuffle: randomKey(3), epoch: 2 };
const request = { ...epoch, batchSize: 16 };
const rowsOf = (order: Int32Array, batch: number) => order.subarray(batch * 16, (batch + 1) * 16);

describeOnEachBackend('A source that offers its examples whole', () => {
  // Without a cast: the data sets of mnist-data are such sources.
  let inMemory: Whole<'arrays'>;
  let onDevice: Whole<'tensors'> & DeviceDataset;

  beforeAll(() => {
    const dataset = new LabeledDataset({
      inputs,
      labels: Uint8Array.from(labels),
      inputSize: 12,
      classes: 4,
    });
    inMemory = dataset;
    onDevice = new DeviceDataset(dataset);
  });
  afterAll(() => onDevice.dispose());

  it('has its batches in arrays, in the order that it tells', async () => {
    const { inputs, labels } = inMemory.arrays();
    const order = inMemory.order(epoch);
    let number = 0;
    for await (const batch of inMemory.batches(request)) {
      const rows = [...rowsOf(order, number++)];
      const values = rows.flatMap((row) => [...inputs.subarray(row * 12, (row + 1) * 12)]);
      expect([...batch.inputs.dataSync()]).toEqual(values);
      expect([...batch.labels.dataSync()]).toEqual(rows.map((row) => labels[row]));
      batch.inputs.dispose();
      batch.labels.dispose();
    }
    expect(number).toBe(4);
  });

  it('has its batches on the device, in the order that it tells', async () => {
    const whole = onDevice.tensors();
    const order = onDevice.order(epoch);
    let number = 0;
    for await (const batch of onDevice.batches(request)) {
      tidy(() => {
        const rows = tensor1d(rowsOf(order, number++), 'int32');
        for (const name of ['inputs', 'labels'] as const) {
          const gathered: Tensor = gather<Tensor>(whole[name], rows);
          expect([...batch[name].dataSync()]).toEqual([...gathered.dataSync()]);
        }
      });
      batch.inputs.dispose();
      batch.labels.dispose();
    }
    expect(number).toBe(4);
  });

  it('names an example that cannot be computed with by its number, by its order alone', async () => {
    const model = new HarmonicMLP({ inputSize: 12, classes: 3, hidden: [4] });
    // A label of class 3, of which example 3 is the first one.
    const { size, inputSize } = inMemory;
    const source = {
      size,
      inputSize,
      classes: 3,
      order: () => Int32Array.from({ length: size }, (_, place) => size - 1 - place),
      batches: () => onDevice.batches({ batchSize: 16 }),
    };
    await expect(model.fit(source, { epochs: 1, batchSize: 16 })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'labels',
      value: 3,
      allowed: 'a class from 0 to 2',
      message: expect.stringContaining(
        'example 3 of the batch of step 1 of epoch 1, which is example 46 of the data set, is 3',
      ),
    });
    model.dispose();
  });
});
