import '@tensorflow/tfjs-backend-cpu';
import { randomKey } from '@harmonic-mlp/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchOptions } from './batch-indices';
import { type Batch, LabeledDataset } from './dataset';
import { DeviceDataset } from './device-dataset';

const data = new LabeledDataset({
  inputs: Uint8Array.from({ length: 21 }, (_, k) => 12 * k),
  labels: Uint8Array.of(0, 1, 2, 0, 1, 2, 0),
  inputSize: 3,
  classes: 3,
  normalization: { mean: 0.1307, std: 0.3081 },
});

function values(batches: Iterable<Batch>) {
  return Array.from(batches, ({ inputs, labels, size }) => {
    const batch = { inputs: inputs.arraySync(), labels: labels.arraySync(), size };
    expect([inputs.dtype, labels.dtype]).toEqual(['float32', 'int32']);
    tf.dispose([inputs, labels]);
    return batch;
  });
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('a data set on the device', () => {
  it.each<[string, BatchOptions]>([
    ['in its own order', { batchSize: 3 }],
    ['shuffled', { batchSize: 2, shuffle: randomKey(5) }],
    [
      'from a later batch on, without the smaller last one',
      { batchSize: 3, shuffle: 5, start: 1, dropLast: true },
    ],
  ])('gives the batches of the data set itself, %s', (_, options) => {
    const before = tf.memory().numTensors;
    const onDevice = new DeviceDataset(data);
    expect(onDevice).toMatchObject({ size: 7, inputSize: 3, classes: 3 });
    expect(values(onDevice.batches(options))).toEqual(values(data.batches(options)));
    onDevice.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses batches once it was disposed', () => {
    const disposed = new DeviceDataset(data);
    disposed.dispose();
    expect(() => disposed.batches({ batchSize: 2 })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });

  it('refuses what is out of bounds at once', () => {
    const onDevice = new DeviceDataset(data);
    expect(() => onDevice.batches({ batchSize: 0 })).toThrow(/batchSize/);
    expect(() => onDevice.batches({ batchSize: 3, start: 4 })).toThrow(/start is 4/);
    onDevice.dispose();
  });
});
