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

  it('gives its tensors and the order, of which the batches are gathered', () => {
    const before = tf.memory().numTensors;
    const onDevice = new DeviceDataset(data);
    const { inputs, labels } = onDevice.tensors();
    const { inputs: expected, labels: classes } = data.arrays();
    expect(inputs.shape).toEqual([7, 3]);
    expect(inputs.dataSync()).toEqual(expected);
    expect(labels.dataSync()).toEqual(classes);
    expect(onDevice.tensors().inputs).toBe(inputs);
    for (const shuffle of [undefined, 5, randomKey(6)]) {
      const order = onDevice.order({ shuffle });
      expect(order).toEqual(data.order({ shuffle }));
      const gathered = [0, 1, 2].map((batch) => {
        const rows = order.subarray(2 * batch, 2 * (batch + 1));
        const [inputRows, labelRows] = tf.tidy(() => {
          const indices = tf.tensor1d(rows, 'int32');
          return [tf.gather(inputs, indices), tf.gather(labels, indices)];
        }) as [tf.Tensor2D, tf.Tensor1D];
        return { inputs: inputRows, labels: labelRows, size: rows.length };
      });
      expect(values(gathered)).toEqual(values(onDevice.batches({ batchSize: 2, shuffle, dropLast: true })));
    }
    onDevice.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses batches and tensors after it was disposed', () => {
    const disposed = new DeviceDataset(data);
    disposed.dispose();
    const refusal = expect.objectContaining({
      code: 'UNSUPPORTED',
      message:
        'This DeviceDataset has been disposed, and its examples are gone. Call dispose() last, or create another one.',
    });
    expect(() => disposed.batches({ batchSize: 2 })).toThrow(refusal);
    expect(() => disposed.tensors()).toThrow(refusal);
  });

  it('refuses what is out of bounds at once', () => {
    const onDevice = new DeviceDataset(data);
    for (const [options, argument] of [
      [{ batchSize: 0 }, 'batchSize'],
      [{ batchSize: 3, start: 4 }, 'start'],
      [{ batchSize: 3, shufle: 4 }, 'shufle'],
    ] as [BatchOptions, string][]) {
      expect(() => onDevice.batches(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
      );
    }
    onDevice.dispose();
  });
});
