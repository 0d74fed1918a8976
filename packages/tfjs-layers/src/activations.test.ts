import {
  type Activation,
  activations,
  makeLayer,
  type PeriodDistribution,
  periods,
  registerActivation,
  registerPeriods,
} from '@harmonic-mlp/harmonic-layer';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayersModel, layers, models, sequential } from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { gaussian, octaves } from '../../harmonic-layer/test/own';
import { loaded, saved } from '../test/memory';
import {
  frequencyAware,
  HarmonicDense,
  type HarmonicDenseConfig,
  harmonicDense,
  registerHarmonicLayers,
} from '.';

const unregister = (table: object, { name }: { readonly name: string }) =>
  delete (table as Record<string, unknown>)[name];
afterEach(() => {
  unregister(activations, gaussian);
  unregister(periods, octaves);
});

const numbers = <T extends tf.Tensor>(...shape: number[]): T =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(7 * i)),
    shape,
  ) as T;

/** The layer's weights by name. */
const weightsOf = (layer: layers.Layer): Record<string, tf.Tensor> =>
  Object.fromEntries(layer.weights.map((each) => [each.originalName.split('/').at(-1), each.read()]));
const valuesOf = (weights: Record<string, tf.Tensor>) =>
  Object.entries(weights).map(([name, weight]) => [name, weight.shape, [...weight.dataSync()]]);

/** Each activation, and each kind of option, with the trained weights other than the kernel and the bias. */
const cases: [options: Partial<HarmonicDenseConfig>, trained?: string[]][] = [
  ...Object.keys(activations).map((activation): [Partial<HarmonicDenseConfig>, string[]?] => [
    { activation },
    { snake: ['frequencies'], staf: ['frequencies', 'phases', 'amplitudes'] }[activation],
  ]),
  [{ activation: 'siren', omega: 10, isFirst: true }],
  [{ activation: 'h-siren', weightRange: 1, isFirst: true }],
  [{ activation: 'fan', share: 0.4, useBias: false }],
  [{ activation: 'harmonic-phase', phaseSpread: 2, seed: [1, 2] }],
  [{ activation: 'snake', frequency: 3 }, ['frequencies']],
  [{ activation: activations.relu }],
  [{ activation: 'test-gaussian', width: 0.5 }],
  [{ periods: 'geometric:2,64' }],
  [{ periods: 'uniform', longest: 8 }],
  [{ periods: 'nyquist', rate: 100 }],
  [{ periods: [0.5, 3], residual: 0.3 }],
  [{ periods: octaves, longest: 4 }],
  [{ periods: 'learnable:2' }, ['log_periods']],
  [{ activation: 'harmonic-gelu', share: 0.25, periods: 'learnable' }, ['log_periods']],
  [{ activation: 'harmonic-relu', share: 0, periods: 'learnable' }],
];

/** With waves long enough to train. */
const make = (options: Partial<HarmonicDenseConfig>, others = {}) =>
  harmonicDense({ units: 6, omega: 3, scale: 0.5, seed: 1, ...options, ...others });
const stack = (options: Partial<HarmonicDenseConfig>) =>
  sequential({
    layers: [
      make(options, { inputShape: [3] }),
      layers.dense({ units: 1, kernelInitializer: initializers.glorotUniform({ seed: 1 }) }),
    ],
  });

/** Trains for two epochs. */
async function train(model: LayersModel): Promise<void> {
  const optimizer = tf.train.sgd(0.05);
  const [x, y] = [numbers(16, 3), numbers(16, 1)];
  model.compile({ optimizer, loss: 'meanSquaredError' });
  await model.fit(x, y, { epochs: 2, batchSize: 8, shuffle: false });
  optimizer.dispose();
  tf.dispose([x, y]);
}

describeOnEachBackend('harmonicDense with', () => {
  beforeAll(registerHarmonicLayers);

  describe.each(cases)('%j', (options, trained = []) => {
    it('is a layer of makeLayer, initial weights and all, to the bit', () => {
      registerActivation(gaussian);
      const { numTensors } = tf.memory();
      const model = sequential({ layers: [make(options, { inputShape: [3] })] });
      const [layer] = model.layers as HarmonicDense[];
      const reference = makeLayer({
        activation: 'harmonic',
        units: 6,
        omega: 3,
        scale: 0.5,
        seed: 1,
        ...options,
        inputSize: 3,
      });
      tf.tidy(() => {
        const x = numbers<tf.Tensor2D>(5, 3);
        expect(valuesOf(weightsOf(layer))).toEqual(valuesOf(reference.weights));
        expect(layer.periods).toEqual(reference.periods);
        expect((model.predict(x) as tf.Tensor).dataSync()).toEqual(reference.apply(x).dataSync());
      });
      model.dispose();
      reference.dispose();
      expect(tf.memory().numTensors).toBe(numTensors);
    });

    it('trains all of its weights, and predicts the same after loading, to the bit', async () => {
      registerActivation(gaussian);
      registerPeriods(octaves);
      const model = stack(options);
      const before = valuesOf(weightsOf(model.layers[0]));
      await train(model);
      const after = valuesOf(weightsOf(model.layers[0]));
      expect(after.map(([name]) => name)).toEqual([
        'kernel',
        ...(options.useBias === false ? [] : ['bias']),
        ...trained,
      ]);
      for (const [i, weight] of after.entries()) {
        expect(weight).not.toEqual(before[i]);
        expect((weight[2] as number[]).every(Number.isFinite)).toBe(true);
      }

      const artifacts = await saved(model);
      const again = await loaded(artifacts);
      tf.tidy(() => {
        const x = numbers(5, 3);
        const [expected, actual] = [model, again].map((each) => each.predict(x) as tf.Tensor);
        expect(actual.dataSync()).toEqual(expected.dataSync());
      });
      expect((await saved(again)).modelTopology).toEqual(artifacts.modelTopology);
      // The topology alone gives the initial weights.
      const anew = await models.modelFromJSON({ modelTopology: artifacts.modelTopology as never });
      expect(valuesOf(weightsOf(anew.layers[0]))).toEqual(before);
      for (const each of [model, again, anew]) each.dispose();
    });
  });

  it.each<Partial<HarmonicDenseConfig>>([
    { activation: 'harmonic-phase', periods: 'learnable', phaseSpread: 1 },
    { activation: 'harmonic-gelu' },
    { activation: 'staf' },
    { activation: 'linear' },
  ])('%j in a wrapper keeps nothing, and frees all', async (options) => {
    const before = tf.memory().numTensors;
    const model = sequential({
      layers: [layers.timeDistributed({ layer: make(options), inputShape: [4, 3] })],
    });
    const optimizer = tf.train.sgd(0.05);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [numbers(2, 4, 3), numbers(2, 4, 6)];
    await model.trainOnBatch(x, y);
    const { numTensors } = tf.memory();
    await model.trainOnBatch(x, y);
    tf.dispose(model.predict(x));
    expect(tf.memory().numTensors).toBe(numTensors);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describeOnEachBackend('frequencyAware', () => {
  /** What a step of SGD at a rate of 1 adds to the kernel, […, columns], and the bias, [columns]. */
  async function stepOf(options: Partial<HarmonicDenseConfig>, base: tf.Optimizer): Promise<tf.Tensor[]> {
    const model = sequential({ layers: [make(options, { inputShape: [3] })] });
    model.compile({ optimizer: base, loss: 'meanSquaredError' });
    const { kernel, bias, log_periods: logPeriods } = weightsOf(model.layers[0]);
    // Periods of 4, 5, … instead of the initial ones.
    if (logPeriods)
      tf.tidy(() => (logPeriods as tf.Variable).assign(tf.log(tf.range(4, 4 + logPeriods.size))));
    const earlier = [kernel, bias].map((weight) => tf.clone(weight));
    const [x, y] = [numbers(8, 3), numbers(8, 6)];
    await model.trainOnBatch(x, y);
    const steps = tf.tidy(() => [kernel, bias].map((weight, i) => tf.sub(weight, earlier[i])));
    model.dispose();
    base.dispose();
    tf.dispose([x, y, ...earlier]);
    return steps;
  }

  it.each<[Partial<HarmonicDenseConfig>, periods: number[]]>([
    [{ periods: 'learnable:2' }, [4, 5, 6, 7, 8, 9]],
    [{ activation: 'harmonic-phase', periods: 'learnable' }, [4, 5, 6, 7, 8, 9]],
    [{ activation: 'harmonic-gelu', periods: 'learnable:2' }, [4, 5, 6, 0, 0, 0]],
    [{ activation: 'harmonic-relu', periods: 'constant:3' }, [3, 3, 3, 0, 0, 0]],
    [{ activation: 'cosine', periods: [2, 7] }, [2, 7, 2, 7, 2, 7]],
    [{ activation: 'fan' }, [0, 0, 0, 0, 0]],
    [{ activation: 'snake' }, [0, 0, 0, 0, 0, 0]],
  ])('scales the units of %j by their current periods', async (options, current) => {
    for (const freqScale of ['gradient', 'update'] as const) {
      const plain = await stepOf(options, tf.train.sgd(1));
      const scaling = { freqScale, freqScaleFactor: 1 };
      const scaled = await stepOf(options, frequencyAware(tf.train.sgd(1), scaling));
      for (const [i, step] of scaled.entries()) {
        const expected = [...plain[i].dataSync()].map(
          (value, k) => value / (1 + current[k % current.length]),
        );
        // The step is a difference of weights.
        expectAllClose(step, { shape: step.shape, data: expected }, { relative: 1e-5, absolute: 5e-7 });
      }
      tf.dispose([...plain, ...scaled]);
    }
  });
});

describe('The configuration of a layer with', () => {
  const common = { name: 'waves', trainable: true, units: 4, isFirst: false, useBias: true, seed: 1 };

  it.each<[Partial<HarmonicDenseConfig>, object]>([
    [{}, { activation: 'harmonic', residual: 0.1, periods: 'capped:1,10' }],
    [
      { baseFreq: 0.5, maxFreq: 2 },
      { activation: 'harmonic', residual: 0.1, periods: 'capped:0.5,2' },
    ],
    [
      { activation: 'siren', omega: 10, isFirst: true, baseFreq: 2, periods: 'geometric' },
      { activation: 'siren', omega: 10, isFirst: true },
    ],
    [
      { activation: 'harmonic-gelu', periods: 'learnable' },
      { activation: 'harmonic-gelu', share: 0.5, residual: 0, periods: 'learnable:8' },
    ],
    [
      { activation: activations.cosine, periods: [2, 0.25] },
      { activation: 'cosine', periods: 'list:2,0.25' },
    ],
    [{ periods: octaves }, { activation: 'harmonic', residual: 0.1, periods: 'test-octaves:8' }],
    [
      { activation: gaussian, width: 2 },
      { activation: 'test-gaussian', width: 2 },
    ],
  ])('%j is complete', (options, expected) => {
    const config = harmonicDense({ units: 4, seed: 1, name: 'waves', ...options }).getConfig();
    expect(config).toEqual({ ...common, ...expected });
  });

  it('those of earlier versions still loads', () => {
    const { activation: _, isFirst: __, periods: ___, ...rest } = make({ name: 'waves' }).getConfig();
    const earlier = { ...rest, baseFreq: 0.5, maxFreq: 1.75, residual: 0.2 };
    const layer = HarmonicDense.fromConfig(HarmonicDense as never, earlier) as HarmonicDense;
    expect(layer.getConfig()).toMatchObject({
      activation: 'harmonic',
      periods: 'capped:0.5,1.75',
      residual: 0.2,
    });
  });

  it('hyperparameters that tfjs spells differently still loads', async () => {
    registerHarmonicLayers();
    const names = ['bell_width', 'upperCASE', 'x2y'] as const;
    const hyperparameters = Object.fromEntries(names.map((name) => [name, { summary: name, default: 1 }]));
    const own: Activation = {
      ...gaussian,
      hyperparameters,
      activate: (inputs, { bell_width }) => gaussian.activate(inputs, { width: bell_width }),
    };
    registerActivation(own);
    const given = { bell_width: 2, upperCASE: 3, x2y: 4 };
    const model = stack({ activation: 'test-gaussian', ...given });
    const again = await loaded(await saved(model));
    expect(again.layers[0].getConfig()).toMatchObject({ activation: 'test-gaussian', ...given });
    for (const each of [model, again]) each.dispose();
  });

  it('an activation or periods that are not registered is refused by name when it is loaded', async () => {
    registerHarmonicLayers();
    const model = stack({ activation: gaussian, name: 'waves' });
    await expect(saved(model).then(loaded)).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'activation',
        value: 'test-gaussian',
        allowed: expect.stringMatching(/^one of "harmonic", /),
        message:
          'The saved layer "waves" has the activation "test-gaussian", which is not registered. Register it before loading, with registerActivation of @harmonic-mlp/harmonic-layer.',
      }),
    );
    const other = stack({ periods: octaves, name: 'waves' });
    await expect(saved(other).then(loaded)).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'periods',
        value: 'test-octaves',
        message:
          'The saved layer "waves" has the period distribution "test-octaves", which is not registered. Register it before loading, with registerPeriods of @harmonic-mlp/harmonic-layer.',
      }),
    );
    for (const each of [model, other]) each.dispose();
  });

  it.each<[string, Partial<HarmonicDenseConfig>, string]>([
    ['activation', { activation: { ...activations.relu } as Activation }, 'activation has the name'],
    [
      'periods',
      { periods: { ...periods.geometric } as PeriodDistribution },
      'period distribution has the name',
    ],
  ])('another %s of a name that is taken is not saved', (argument, options, message) => {
    expect(() => make(options).getConfig()).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        argument,
        message: expect.stringContaining(message),
      }),
    );
  });
});

it('A model that is loaded draws no weights', async () => {
  registerHarmonicLayers();
  const initialize = vi.fn(gaussian.initialize);
  registerActivation({ ...gaussian, initialize });
  const model = stack({ activation: 'test-gaussian' });
  expect(initialize).toHaveBeenCalledOnce();
  const again = await loaded(await saved(model));
  expect(initialize).toHaveBeenCalledOnce();
  for (const each of [model, again]) each.dispose();
});

describe('A layer is refused', () => {
  it.each<[string, unknown, object]>([
    ['activation', 'rellu', {}],
    ['activation', 'toString', {}],
    ['activation', 5, {}],
    ['activation.name', undefined, { activation: {} }],
    ['omega', 0, { activation: 'siren' }],
    ['share', 0.5, { activation: 'fan' }],
    ['width', -1, { activation: gaussian }],
    ['width', 1, { activation: 'relu' }],
    ['periods', 'geometrical', {}],
    ['periods', 'geometric:2,64,7', {}],
    ['periods', 5, {}],
    ['periods[1]', 0, { periods: [1, 0] }],
    ['longest', -1, { periods: octaves }],
    [
      'period',
      undefined,
      { periods: { ...periods.constant, hyperparameters: { period: { summary: 'the period' } } } },
    ],
    ['isFirst', 1, { activation: 'siren' }],
    ['useBias', 'yes', { activation: 'relu' }],
    ['omegas', 30, { activation: 'siren' }],
  ])('for its %s %j', (argument, value, others) => {
    const options = value === undefined || argument.includes('[') ? others : { ...others, [argument]: value };
    expect(() => harmonicDense({ units: 4, ...options })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it.each<[object, string]>([
    [{ activation: 'rellu' }, 'Did you mean "relu"?'],
    [{ activation: 'rellu' }, /^activation is "rellu"; it must be one of "harmonic", /.source],
    [{ periods: 'geometrc' }, 'Did you mean "geometric"?'],
    [{ omegga: 5 }, 'harmonicDense has no option "omegga". Did you mean omega?'],
    [{ isfirst: true }, 'Did you mean isFirst?'],
    [{ omega: 0, activation: 'siren' }, 'omega is 0; it must be a finite number greater than 0'],
  ])('%j: the message says what to do', (options, message) => {
    expect(() => harmonicDense({ units: 4, ...options })).toThrow(new RegExp(message.replaceAll('?', '\\?')));
  });
});
