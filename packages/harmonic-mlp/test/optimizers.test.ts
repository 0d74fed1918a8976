import { optimizers } from '@harmonic-mlp/freq-optimizer';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOptimizer, type FitOptions, HarmonicMLP, type OptimizerOptions, readCheckpoint } from '../src';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10], seed: 2 };
const data = noisyPatterns({ size: 64 });
const batchSize = 16;

beforeAll(() => setBackend('cpu'));

const weightsOf = (model: HarmonicMLP) =>
  Object.values(model.variables).map((variable) => [...variable.dataSync()]);

async function trained(options: FitOptions, settings?: OptimizerOptions) {
  const model = new HarmonicMLP(shape);
  const before = memory().numTensors;
  const optimizer = settings && createOptimizer(model, settings);
  let file: Uint8Array | undefined;
  const { history } = await model.fit(data, {
    epochs: 2,
    batchSize,
    ...(optimizer && { optimizer }),
    ...options,
    onEpoch: async ({ epoch, checkpoint }) => {
      if (epoch === 1) file = await checkpoint();
    },
  });
  optimizer?.dispose();
  expect(memory().numTensors).toBe(before);
  const weights = weightsOf(model);
  model.dispose();
  return { weights, history, file: file! };
}

describe('An optimizer by its name', () => {
  it.each(Object.keys(optimizers) as (keyof typeof optimizers)[])(
    '%s trains, and is resumed to the bit',
    async (name) => {
      const { weights, history, file } = await trained({ optimizer: name });
      expect(history).toHaveLength(2);
      expect(history[0].learningRate).toBe(optimizers[name].settings.learningRate?.default);
      expect(readCheckpoint(file).optimizer).toMatchObject({
        className: 'TransformOptimizer',
        optimizer: name,
      });
      expect((await trained({ resume: file })).weights).toEqual(weights);
      expect((await trained({ resume: file, optimizer: name })).weights).toEqual(weights);
    },
  );

  it('is refused where there is none, with the nearest one', async () => {
    await expect(trained({ optimizer: 'adamm' as never })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'optimizer',
      fix: 'Did you mean "adam"?',
    });
  });
});

describe('createOptimizer', () => {
  it('gives another kind its own settings, which change the run and are resumed', async () => {
    const settings = {
      optimizer: 'momentum',
      momentum: 0.5,
      nesterov: true,
      clipNorm: 0.1,
      freqScale: 'update',
    } as const;
    const { weights, file } = await trained({}, settings);
    expect(readCheckpoint(file).optimizer).toMatchObject(settings);
    expect((await trained({ resume: file })).weights).toEqual(weights);
    for (const [name, value] of Object.entries({
      momentum: 0.6,
      nesterov: false,
      clipNorm: 1,
      freqScaleFactor: 2,
    }))
      expect((await trained({}, { ...settings, [name]: value })).weights, name).not.toEqual(weights);
  });

  it('clips Adam’s gradients too, which otherwise stays the published one', async () => {
    const plain = await trained({}, {});
    expect((await trained({}, { clipValue: 1e30 })).history[0].trainLoss).toBeCloseTo(
      plain.history[0].trainLoss,
      5,
    );
    expect((await trained({}, { clipValue: 1e-12 })).weights).not.toEqual(plain.weights);
  });

  it.each<[OptimizerOptions, string]>([
    [{ momentum: 0.5 }, 'momentum'],
    [{ optimizer: 'sgd', beta1: 0.5 }, 'beta1'],
    [{ optimizer: 'adamw', weightDecayMode: 'l2' }, 'weightDecayMode'],
    [{ optimizer: 'lion' as never }, 'optimizer'],
  ])('refuses %j', (options, argument) => {
    const model = new HarmonicMLP(shape);
    expect(() => createOptimizer(model, options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
    );
    model.dispose();
  });
});
