import { foldIn, randomKey, randomUniform } from '@harmonic-mlp/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { describeOnEachBackend } from '../../../../test/support/backends';
import { fromTensor } from '../../../../test/support/fixtures';
import { gaussian } from '../../test/own';
import type { DenseLayer } from '../dense-layer';
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
/** With waves long enough for float32 and for finite differences. */
const layer = (activation: string) =>
  kept(
    makeLayer({
      inputSize: 3,
      units: 4,
      activation,
      maxFreq: 3,
      omega: 2,
      scale: 0.5,
      sharpness: 1.5,
      share: 0.4,
      phaseSpread: 1,
      seed: 1,
    }),
  );

/** The outputs of an example's units, from its pre-activations. */
type Formula = (z: readonly number[], layer: DenseLayer) => number[];
const forEach =
  (formula: (z: number, unit: number, layer: DenseLayer) => number): Formula =>
  (z, layer) =>
    z.map((value, unit) => formula(value, unit, layer));
const weight = (layer: DenseLayer, name: string) => Array.from(layer.weights[name].dataSync());
const wave = (z: number, period: number) => Math.sin((2 * Math.PI * z) / period);
/** Φ by numerical integration of its density, from 0 on. */
function gelu(z: number): number {
  const steps = 2000;
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = (density(0) + density(z)) / 2;
  for (let i = 1; i < steps; i++) sum += density((z * i) / steps);
  return z * (0.5 + (sum * z) / steps);
}
/** As the layer above draws it. */
const phaseOf = (layer: DenseLayer, unit: number) => {
  const draws = randomUniform(foldIn(foldIn(randomKey(1), 'activation'), 'phases'), layer.units);
  return Math.PI / 4 + (2 * draws[unit] - 1);
};

/** The activations by their formulas, in float64. */
const formulas: Record<string, Formula> = {
  harmonic: forEach((z, i, { periods }) => wave(z, periods![i]) + 0.1 * z),
  'harmonic-phase': forEach((z, i, layer) =>
    Math.sin((2 * Math.PI * z) / layer.periods![i] + phaseOf(layer, i)),
  ),
  cosine: forEach((z, i, { periods }) => Math.cos((2 * Math.PI * z) / periods![i])),
  'sine-relu': forEach((z, i, { periods }) => Math.max(0, z) + 0.5 * wave(z, periods![i])),
  'harmonic-relu': forEach((z, i, { periods }) => (i < 2 ? wave(z, periods![i]) : Math.max(0, z))),
  'harmonic-gelu': forEach((z, i, { periods }) => (i < 2 ? wave(z, periods![i]) : gelu(z))),
  // A share of 0.4 of 4 units is one column, with its cosine and its sine.
  fan: ([z, ...others]) => [Math.cos(z), Math.sin(z), ...others.map(gelu)],
  siren: forEach((z) => Math.sin(2 * z)),
  finer: forEach((z) => Math.sin(2 * (Math.abs(z) + 1) * z)),
  'h-siren': forEach((z) => Math.sin(2 * z)),
  wire: forEach((z) => Math.cos(2 * z) * Math.exp(-((0.5 * z) ** 2))),
  gauss: forEach((z) => Math.exp(-((0.5 * z) ** 2))),
  snake: forEach((z) => z + Math.sin(z) ** 2),
  staf: forEach((z, _, layer) => {
    const [w, phi, b] = ['frequencies', 'phases', 'amplitudes'].map((name) => weight(layer, name));
    return b.reduce((sum, amplitude, k) => sum + amplitude * Math.sin(w[k] * z + phi[k]), 0);
  }),
  hosc: forEach((z) => Math.tanh(1.5 * Math.sin(2 * z))),
  sinc: forEach((z) => Math.sin(2 * z) / (2 * z)),
  relu: forEach((z) => Math.max(0, z)),
  'leaky-relu': forEach((z) => (z > 0 ? z : 0.01 * z)),
  gelu: forEach(gelu),
  silu: forEach((z) => z / (1 + Math.exp(-z))),
  tanh: forEach(Math.tanh),
  sigmoid: forEach((z) => 1 / (1 + Math.exp(-z))),
  linear: forEach((z) => z),
  'test-gaussian': forEach((z) => Math.exp(-(z ** 2) / 2)),
};

/** FINER's gradient takes the factor |z| + 1 as a constant, as its authors' code does, so it is not its slope. */
const finerSlopes = (z: readonly number[]) =>
  z.map((value) => 2 * (Math.abs(value) + 1) * Math.cos(2 * (Math.abs(value) + 1) * value));

/** The gradient of the sum of an example's outputs, by central differences. */
const slopesOf = (formula: Formula, z: readonly number[], layer: DenseLayer) =>
  z.map((value, column) => {
    const step = 1e-5;
    const sum = (offset: number) =>
      formula(
        z.map((other, k) => (k === column ? value + offset : other)),
        layer,
      ).reduce((total, y) => total + y, 0);
    return (sum(step) - sum(-step)) / (2 * step);
  });

it('Every activation has a formula here', () => {
  expect(Object.keys(formulas)).toEqual(Object.keys(activations));
});

describeOnEachBackend('An activation', (backendName, { waves }) => {
  // Excluding 0, where ReLU has no derivative.
  const values = [-2.5, -1.25, -0.5, -0.25, 0.25, 0.375, 1, 2];
  // webgpu reads tensors asynchronously only, and these read weights for their formulas.
  const names = Object.keys(formulas).filter(
    (name) => !(backendName.startsWith('webgpu') && name === 'staf'),
  );

  it.each(names)('%s is its formula, with its gradient', async (activation) => {
    const tested = layer(activation);
    const columns = tested.kernel.shape[1]!;
    const rows = [values.slice(0, columns), values.slice(-columns)];
    const z = kept(tf.tensor2d(rows));
    const y = kept(tested.activate(z));
    const dz = kept(tf.grad((z) => tested.activate(z as tf.Tensor2D))(z));
    const expected = rows.flatMap((row) => formulas[activation](row, tested));
    expectAllClose(await fromTensor(y), { shape: [2, 4], data: expected }, waves?.results);
    const slopes = rows.flatMap((row) =>
      activation === 'finer' ? finerSlopes(row) : slopesOf(formulas[activation], row, tested),
    );
    expectAllClose(await fromTensor(dz), { shape: [2, columns], data: slopes }, waves?.gradients);
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
    const columns = tested.kernel.shape[1]!;
    const units = Array.from({ length: columns }, (_, column) => column);
    const sum = (weigh: number[], unit: number) =>
      weigh[0] * dz.data[unit] + weigh[1] * dz.data[columns + unit];
    const expected = [0, 1, 2].flatMap((input) =>
      units.map((unit) => sum([rows[0][input], rows[1][input]], unit)),
    );
    expectAllClose(await fromTensor(kept(dKernel)), { shape: [3, columns], data: expected });
    const expectedBias = { shape: [columns], data: units.map((unit) => sum([1, 1], unit)) };
    expectAllClose(await fromTensor(kept(dBias)), expectedBias);
  });

  it.each(Object.keys(activations))(
    '%s leaves only its result behind, which is a new tensor',
    (activation) => {
      const { numTensors } = tf.memory();
      const tested = makeLayer({ inputSize: 3, units: 4, activation });
      const [x, z] = [tf.ones<tf.Rank.R2>([2, 3]), tf.ones<tf.Rank.R2>([2, tested.kernel.shape[1]!])];
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

it.each(Object.entries(activations))('%s is called so', (name, activation) => {
  expect(activation.name).toBe(name);
});

it.each([
  ['harmonic', [1, 2, 3, 3]],
  ['cosine', [1, 2, 3, 3]],
  ['sine-relu', [1, 2, 3, 3]],
  ['harmonic-relu', [1, 2, 0, 0]],
  ['fan', undefined],
  ['siren', undefined],
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
    ['activation.initializeOutput', 5, { ...gaussian, initializeOutput: 5 }],
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
