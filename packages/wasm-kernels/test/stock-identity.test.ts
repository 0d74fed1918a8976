import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerWasmKernels, unregisterWasmKernels } from '../src/stock';

tf.enableProdMode();

const counts = () => ({ buffers: tf.memory().numDataBuffers, onHeap: tf.backend().numDataIds() });
const values = (tensor: tf.Tensor) => [...tensor.dataSync()];
const addressOf = ({ dataId }: tf.Tensor) =>
  (tf.backend() as unknown as { getMemoryOffset(dataId: object): number }).getMemoryOffset(dataId);

describe('a clone', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
  });
  afterAll(unregisterWasmKernels);

  it('shares its data until the last holder is disposed, in whatever order', () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const before = counts();
      const x = tf.tensor1d([1, 2, 3]);
      const clone = tf.clone(x);
      const holders = [x, clone, tf.reshape(clone, [3, 1])];
      expect(new Set(holders.map(addressOf)).size).toBe(1);
      expect(counts()).toEqual({ buffers: before.buffers + 1, onHeap: before.onHeap + 1 });
      for (const i of order) {
        expect(values(holders[i])).toEqual([1, 2, 3]);
        holders[i].dispose();
      }
      expect(counts()).toEqual(before);
    }
  });

  it('keeps its values when the variable that it was made of gets others', () => {
    const before = counts();
    const variable = tf.variable(tf.tensor1d([1, 2, 3]));
    const clone = tf.clone(variable);
    const assigned = tf.tensor1d([4, 5, 6]);
    variable.assign(assigned);
    assigned.dispose();
    expect(values(variable)).toEqual([4, 5, 6]);
    expect(values(clone)).toEqual([1, 2, 3]);
    variable.assign(clone);
    clone.dispose();
    expect(values(variable)).toEqual([1, 2, 3]);
    variable.dispose();
    // The tensor from which the variable was made.
    expect(counts().buffers - before.buffers).toBeLessThanOrEqual(1);
  });

  it('goes with its holders to another backend', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    const clone = tf.clone(x);
    await tf.setBackend('cpu');
    const sum = tf.add(x, clone);
    expect(values(sum)).toEqual([2, 4, 6]);
    x.dispose();
    expect(values(clone)).toEqual([1, 2, 3]);
    tf.dispose([clone, sum]);
    await tf.setBackend('wasm');
  });

  it('of strings is left to the backend', () => {
    const x = tf.tensor1d(['a', 'b']);
    const clone = tf.clone(x);
    x.dispose();
    expect(clone.dataSync()).toEqual(['a', 'b']);
    clone.dispose();
  });

  it('is a copy again after unregisterWasmKernels', async () => {
    unregisterWasmKernels();
    const x = tf.tensor1d([1, 2, 3]);
    const clone = tf.clone(x);
    expect(addressOf(clone)).not.toBe(addressOf(x));
    expect(values(clone)).toEqual([1, 2, 3]);
    tf.dispose([x, clone]);
    await registerWasmKernels();
  });
});
