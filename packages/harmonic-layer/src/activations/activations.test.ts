import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { describeOnEachBackend } from '../../../../test/support/backends';
import { fromTensor } from '../../../../test/support/fixtures';
import { gaussian } from '../../test/own';
import { makeLayer } from '../make-layer';
import { activations, registerActivation } from '.';

registerActivation(gaussian);
afterAll(() => {
  delete (activations as Record<string, unknown>)[gaussian.name];
});

const made: { dispose(): void }[] = [];
const kept = <T extends { dispose(): void }>(value: T): T => {
  made.push(value);
  return value;
};
afterEach(() => {
  for (const value of made.splice(0)) value.dispose();
});
const layer = (activation: string) =>
  kept(makeLayer({ inputSize: 3, units: 4, activation, maxFreq: 3, seed: 1 }));

/** The activations by their formulas, in float64. */
const formulas: Record<string, (z: number, period: number) => number> = {
  harmonic: (z, period) => Math.sin((2 * Math.PI * z) / period) + 0.1 * z,
  relu: (z) => Math.max(0, z),
  linear: (z) => z,
  'test-gaussian': (z) => Math.exp(-(z ** 2) / 2),
};

describeOnEachBackend('An activation', (_, { waves }) => {
  // Excluding 0, where ReLU has no derivative.
  const values = [-2.5, -1.25, -0.5, -0.25, 0.25, 0.375, 1, 2];

  it.each(Object.keys(formulas))('%s is its formula, with its gradient', async (activation) => {
    const tested = layer(activation);
    const formula = (z: number, i: number) => formulas[activation](z, tested.periods?.[i % 4] ?? Number.NaN);
    const z = kept(tf.tensor2d(values, [2, 4]));
    const y = kept(tested.activate(z));
    const dz = kept(tf.grad((z) => tested.activate(z as tf.Tensor2D))(z));
    expectAllClose(await fromTensor(y), { shape: [2, 4], data: values.map(formula) }, waves?.results);
    const step = 1e-5;
    const slopes = values.map((z, i) => (formula(z + step, i) - formula(z - step, i)) / (2 * step));
    expectAllClose(await fromTensor(dz), { shape: [2, 4], data: slopes }, waves?.gradients);
  });

  it.each(Object.keys(activations))('%s is applied to x·W + b, and trains both', async (activation) => {
    const tested = layer(activation);
    const rows = [
      [1, -2, 0.5],
      [0.25, 3, -1],
    ];
    const x = kept(tf.tensor2d(rows));
    const z = kept(tested.preActivations(x));
    const y = kept(tested.apply(x));
    expect(await fromTensor(y)).toEqual(await fromTensor(kept(tested.activate(z))));
    const [dKernel, dBias] = tf.grads(() => tested.apply(x))([tested.kernel, tested.bias as tf.Variable]);
    const dz = await fromTensor(kept(tf.grad((z) => tested.activate(z as tf.Tensor2D))(z)));
    const units = [0, 1, 2, 3];
    const sum = (weigh: number[], unit: number) => weigh[0] * dz.data[unit] + weigh[1] * dz.data[4 + unit];
    const expected = [0, 1, 2].flatMap((input) =>
      units.map((unit) => sum([rows[0][input], rows[1][input]], unit)),
    );
    expectAllClose(await fromTensor(kept(dKernel)), { shape: [3, 4], data: expected });
    const expectedBias = { shape: [4], data: units.map((unit) => sum([1, 1], unit)) };
    expectAllClose(await fromTensor(kept(dBias)), expectedBias);
  });

  it.each(Object.keys(activations))(
    '%s leaves only its result behind, which is a new tensor',
    (activation) => {
      const { numTensors } = tf.memory();
      const tested = makeLayer({ inputSize: 3, units: 4, activation });
      const [x, z] = [tf.ones<tf.Rank.R2>([2, 3]), tf.ones<tf.Rank.R2>([2, 4])];
      const before = tf.memory().numTensors;
      for (const run of [() => tested.apply(x), () => tested.activate(z)]) {
        const y = run();
        expect(tf.memory().numTensors).toBe(before + 1);
        y.dispose();
      }
      expect([x, z].some(({ isDisposed }) => isDisposed)).toBe(false);
      tested.dispose();
      tf.dispose([x, z]);
      expect(tf.memory().numTensors).toBe(numTensors);
    },
  );
});

describe('activations', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each(Object.keys(activations))('%s has its slope as its gradient', (activation) => {
    const tested = layer(activation);
    const z = kept(tf.tensor2d([-2.5, -1.25, -0.5, -0.25, 0.25, 0.375, 1, 2], [2, 4]));
    const step = 2 ** -9;
    const slopes = tf.tidy(() => {
      const [above, below] = [step, -step].map((offset) => tested.activate(tf.add<tf.Tensor2D>(z, offset)));
      return tf.div(tf.sub(above, below), 2 * step);
    });
    const gradient = kept(tf.grad((z) => tested.activate(z as tf.Tensor2D))(z));
    expectAllClose(gradient, kept(slopes), { relative: 1e-4, absolute: 1e-3 });
  });
});

it.each(Object.entries(activations))('%s is called so', (name, activation) => {
  expect(activation.name).toBe(name);
});

it.each([
  ['harmonic', [1, 2, 3, 3]],
  ['relu', undefined],
  ['linear', undefined],
])('units of %s have the periods %j', (activation, periods) => {
  expect(layer(activation).periods).toEqual(periods && Float32Array.from(periods));
});

describe('registerActivation', () => {
  it('adds a choice, and may be called again', () => {
    registerActivation(gaussian);
    expect(activations['test-gaussian']).toBe(gaussian);
  });

  it.each<[string, unknown, object]>([
    ['name', 'relu', { ...gaussian, name: 'relu' }],
    ['name', 'My Own', { ...gaussian, name: 'My Own' }],
    ['name', 'own!', { ...gaussian, name: 'own!' }],
    ['name', '__proto__', { ...gaussian, name: '__proto__' }],
    ['activation.name', undefined, { ...gaussian, name: undefined }],
    ['activation.title', 5, { ...gaussian, title: 5 }],
    ['activation.title', null, { ...gaussian, title: null }],
    ['activation.summary', 5, { ...gaussian, summary: 5 }],
    ['activation.hyperparameters', null, { ...gaussian, hyperparameters: null }],
    ['activation.hasPeriods', undefined, { ...gaussian, hasPeriods: undefined }],
    ['activation.initialize', undefined, { ...gaussian, initialize: undefined }],
    ['activation.activate', 'relu', { ...gaussian, activate: 'relu' }],
    ['derivative', 5, { ...gaussian, derivative: 5 }],
  ])('refuses an activation by its %s %j', (argument, value, activation) => {
    expect(() => registerActivation(activation as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it('says which name is taken', () => {
    expect(() => registerActivation({ ...gaussian, name: 'relu' })).toThrow(
      'There is already another activation named "relu". Give yours another name.',
    );
  });
});
