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
      const sameByOptions = await trained({}, { optimizer: name });
      expect(readCheckpoint(file).optimizer).toEqual(readCheckpoint(sameByOptions.file).optimizer);
      expect(weights).toEqual(sameByOptions.weights);
      expect((await trained({ resume: file })).weights).toEqual(weights);
      expect((await trained({ resume: file, optimizer: name })).weights).toEqual(weights);
    },
  );

  it.each<[from: FitOptions['optimizer'], to: OptimizerOptions['optimizer'], theirs: string, ours: string]>([
    [undefined, 'momentum', 'adam', 'momentum'],
    ['adamw', 'sgd', 'adam', 'sgd'],
    ['sgd', 'momentum', 'sgd', 'momentum'],
    ['sgd', 'adam', 'sgd', 'adam'],
  ])('does not go on from %s with %s, by name or as an object', async (from, to, theirs, ours) => {
    const { file } = await trained({ optimizer: from });
    for (const again of [
      () => trained({ resume: file, optimizer: to }),
      () => trained({ resume: file }, { optimizer: to }),
    ]) {
      await expect(again()).rejects.toMatchObject({
        code: 'INVALID_DATA',
        argument: 'optimizer',
        value: ours,
        message: `The checkpoint's run has optimizer "${theirs}", this one "${ours}"; to resume, they must be the same.`,
      });
    }
  });

  it('goes on from one kind of Adam with the other, whose state is the same', async () => {
    const { file } = await trained({});
    const { history } = await trained({ resume: file, optimizer: 'adamw' });
    expect(history).toHaveLength(2);
  });

  it('is the default one if that is named', async () => {
    const { weights, file } = await trained({});
    const named = await trained({ optimizer: 'adam' });
    expect(named.weights).toEqual(weights);
    expect(readCheckpoint(named.file).optimizer).toEqual(readCheckpoint(file).optimizer);
  });

  it('is refused where there is none, with the nearest one', async () => {
    await expect(trained({ optimizer: 'adamm' as never })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'optimizer',
      fix: 'Did you mean "adam"?',
    });
  });
});

describe('An optimizer by its settings', () => {
  const settings = { optimizer: 'momentum', momentum: 0.5, learningRate: 0.02, clipNorm: 0.1 } as const;

  it('is what createOptimizer makes of them, and is resumed to the bit', async () => {
    const { weights, history, file } = await trained({ optimizer: settings });
    const made = await trained({}, settings);
    expect(weights).toEqual(made.weights);
    expect(history[0].learningRate).toBe(0.02);
    expect(readCheckpoint(file).optimizer).toEqual(readCheckpoint(made.file).optimizer);
    for (const optimizer of [undefined, settings, { ...settings, learningRate: undefined }])
      expect((await trained({ resume: file, optimizer })).weights).toEqual(weights);
  });

  it('changes the rate of a resumed run if its rate is another one', async () => {
    const { file } = await trained({ optimizer: settings });
    const { history } = await trained({ resume: file, optimizer: { ...settings, learningRate: 0.005 } });
    expect(history[1].learningRate).toBe(0.005);
  });

  it('is refused where a setting is wrong, before anything is trained', async () => {
    await expect(trained({ optimizer: { learningRate: -1 } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'learningRate',
    });
    await expect(trained({ optimizer: { freqScaleFaktor: 1 } as never })).rejects.toMatchObject({
      argument: 'freqScaleFaktor',
    });
    // An optimizer may be a plain object; this one is not of this kind.
    const plain = { applyGradients() {} };
    await expect(trained({ optimizer: plain as never })).rejects.toMatchObject({ argument: 'optimizer' });
    // Neither settings nor an optimizer.
    for (const optimizer of [[], new Date(), 3])
      await expect(trained({ optimizer: optimizer as never })).rejects.toMatchObject({
        argument: 'optimizer',
        message: expect.stringContaining('settings'),
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

  it.each<[OptimizerOptions, string, object]>([
    [{}, 'FrequencyAwareOptimizer', { freqScale: 'gradient', base: { config: { weightDecay: 1e-5 } } }],
    [{ weightDecay: 0.5 }, 'FrequencyAwareOptimizer', { base: { config: { weightDecay: 0.5 } } }],
    [{ scale: 'update' }, 'FrequencyAwareOptimizer', { freqScale: 'update' }],
    [{ optimizer: 'adam', momentum: undefined }, 'FrequencyAwareOptimizer', { freqScale: 'gradient' }],
    [{ clipNorm: 2 }, 'TransformOptimizer', { optimizer: 'adam', clipNorm: 2, weightDecay: 1e-5 }],
    [{ clipValue: 2 }, 'TransformOptimizer', { optimizer: 'adam', clipValue: 2 }],
    [{ clipNorm: 2, scale: 'update' }, 'TransformOptimizer', { freqScale: 'update' }],
    [
      { clipNorm: 2, weightDecayMode: 'decoupled', weightDecay: 0.5 },
      'TransformOptimizer',
      { optimizer: 'adamw', clipNorm: 2, weightDecay: 0.5 },
    ],
    [{ clipNorm: 2, weightDecayMode: 'l2' }, 'TransformOptimizer', { optimizer: 'adam', weightDecay: 1e-5 }],
    [{ optimizer: 'adamw' }, 'TransformOptimizer', { optimizer: 'adamw', weightDecay: 0.01 }],
    [
      { optimizer: 'sgd', learningRate: undefined },
      'TransformOptimizer',
      { learningRate: 0.1, weightDecay: 0 },
    ],
    [{ optimizer: 'sgd', freqScaleFactor: 2 }, 'TransformOptimizer', { freqScaleFactor: 2 }],
    [{ optimizer: 'momentum' }, 'TransformOptimizer', { momentum: 0.9 }],
  ])('of %j makes a %s with %j', (options, className, config) => {
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model, options);
    expect(optimizer.getClassName()).toBe(className);
    expect(optimizer.getConfig()).toMatchObject(config);
    optimizer.dispose();
    model.dispose();
  });

  it.each<[OptimizerOptions, string, value: unknown, message: string]>([
    [
      { clipNorm: 1, weightDecayMode: 'L2' as never },
      'weightDecayMode',
      'L2',
      'weightDecayMode is "L2"; it must be one of "l2", "decoupled". Did you mean "l2"?',
    ],
    [
      { momentum: 0.5 },
      'momentum',
      0.5,
      'The optimizer "adam" has no option "momentum". It takes learningRate, weightDecay, beta1, beta2, epsilon, clipValue, clipNorm, freqScaleFactor, freqScale.',
    ],
    ...(['adam', 'momentum'] as const).map((optimizer): [OptimizerOptions, string, unknown, string] => [
      { optimizer, scale: 'update', freqScale: 'gradient' },
      'scale',
      'update',
      'scale is "update"; it must be the same as freqScale, "gradient". Leave it out: it is the earlier name of freqScale.',
    ]),
  ])('refuses %j in its own words', (options, argument, value, message) => {
    const model = new HarmonicMLP(shape);
    expect(() => createOptimizer(model, options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value, message }),
    );
    model.dispose();
  });

  it.each<[OptimizerOptions, string]>([
    [{ scale: 'updates' as never }, 'scale'],
    [{ optimizer: 'sgd', scale: 'updates' as never }, 'scale'],
    [{ nesterov: true }, 'nesterov'],
    [{ optimizer: 'adam', scaling: 1 } as never, 'scaling'],
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
