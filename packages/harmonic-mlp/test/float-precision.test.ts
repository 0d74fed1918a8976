import '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  dispose,
  engine,
  env,
  type KernelBackend,
  train as optimizers,
  registerBackend,
  removeBackend,
  setBackend,
  tensor2d,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BatchNormLayer, createOptimizer, type FitOptions, HarmonicMLP } from '../src';
import { noisyPatterns } from './small-data';

/** React Native's backend on a phone that draws into no 32-bit textures, as far as it is asked: the cpu's under its name. */
const phone = 'rn-webgl';
const flag = 'WEBGL_RENDER_FLOAT32_ENABLED';

beforeEach(async () => {
  await setBackend('cpu');
  const cpu = engine().findBackend('cpu') as KernelBackend;
  registerBackend(phone, () => Object.create(cpu, { dispose: { value: () => {} } }));
  copyRegisteredKernels('cpu', phone);
  env().registerFlag(flag, () => false);
  env().set(flag, false);
  expect(await setBackend(phone)).toBe(true);
});

afterEach(async () => {
  await setBackend('cpu');
  removeBackend(phone);
});

const shape = { inputSize: 12, classes: 4, hidden: [5], seed: 2 };
const data = noisyPatterns({ size: 16 });

describe('On a backend with 16-bit floats', () => {
  it.each([
    ['cpu', 1e-5],
    [phone, 1e-4],
  ])('batch normalization on %s has the ε %d', async (backend, epsilon) => {
    await setBackend(backend);
    const model = new HarmonicMLP({ ...shape, hidden: [1] });
    const norm = model.hidden[0].norm as BatchNormLayer;
    const [x, zero] = [tensor2d([[-0.01], [0.01]]), zerosLike(norm.runningVariance)];
    norm.runningVariance.assign(zero);
    const [inference, training] = [norm.apply(x), norm.applyTraining(x)];
    expect(inference.dataSync()[1]).toBeCloseTo(0.01 / Math.sqrt(epsilon), 3);
    expect(training.dataSync()[1]).toBeCloseTo(0.01 / Math.sqrt(1e-4 + epsilon), 3);
    dispose([x, zero, inference, training]);
    model.dispose();
  });

  it('a run says so, and takes inputs of 16 bits', async () => {
    const model = new HarmonicMLP(shape);
    const { floatPrecision, optimizer } = await model.fit(data, { epochs: 1 });
    expect([floatPrecision, optimizer.epsilon]).toEqual([16, 1e-4]);
    for (const [value, message] of [
      [65504, /feature 1 of example .* is NaN; it must be a finite number/],
      [
        65505,
        /feature 0 of example .* is 65505; it must be at most 65504 in size, for this backend has 16-bit floats/,
      ],
    ] as const) {
      const spoilt = noisyPatterns({ size: 16 });
      spoilt.inputs.set([value, Number.NaN]);
      await expect(model.fit(spoilt, { epochs: 1 })).rejects.toThrow(message);
    }
    model.dispose();
  });

  it('a run refuses the ε of any optimizer if it is lost there', async () => {
    const model = new HarmonicMLP(shape);
    const [lost, kept, none] = [
      optimizers.adam(1e-3, 0.9, 0.999, 1e-8),
      optimizers.adam(1e-3, 0.9, 0.999, 1e-4),
      optimizers.sgd(1e-3),
    ];
    const onStart = vi.fn();
    await expect(model.fit(data, { epochs: 1, optimizer: lost, onStart })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'epsilon',
    });
    expect(onStart).not.toHaveBeenCalled();
    for (const optimizer of [kept, none]) await model.fit(data, { epochs: 1, optimizer });
    for (const optimizer of [lost, kept, none]) optimizer.dispose();
    model.dispose();
  });

  it('a run that began with 32 bits goes on with the ε of 16', async () => {
    await setBackend('cpu');
    const files: Uint8Array[] = [];
    const options: FitOptions = {
      epochs: 1,
      onEpoch: async ({ checkpoint }) => void files.push(await checkpoint()),
    };
    const model = new HarmonicMLP(shape);
    await model.fit(data, options);
    const own = createOptimizer(model, { epsilon: 1e-3 });
    await model.fit(data, { ...options, optimizer: own });
    own.dispose();
    await setBackend(phone);
    const epsilons = [];
    for (const resume of files)
      epsilons.push((await model.fit(data, { epochs: 2, resume })).optimizer.epsilon);
    expect(epsilons).toEqual([1e-4, 1e-3]);
    model.dispose();
  });
});
