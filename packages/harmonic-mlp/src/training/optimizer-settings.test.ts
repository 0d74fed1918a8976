import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import { Adam, FrequencyAwareOptimizer } from '@harmonic-mlp/freq-optimizer';
import { type Optimizer, train as optimizers, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Network } from '../model';
import { createOptimizer } from './create-optimizer';
import { optimizerLike, rateOf, settingsOf } from './optimizer-settings';

beforeAll(() => setBackend('cpu'));

/** An optimizer that tells this of itself. */
const telling = (config: object | (() => never), more: object = {}): Optimizer =>
  ({
    applyGradients() {},
    getClassName: () => 'Telling',
    getConfig: typeof config === 'function' ? config : () => config,
    ...more,
  }) as unknown as Optimizer;

it.each([
  [0.5, 0.5],
  [0, 0],
  [Number.NaN, undefined],
  ['0.5', undefined],
  [undefined, undefined],
])('The rate of an optimizer whose learningRate is %j is %j', (learningRate, rate) => {
  expect(rateOf(telling({}, { learningRate }))).toBe(rate);
});

describe('settingsOf', () => {
  it.each<[string, Optimizer, object]>([
    ['one of tfjs', optimizers.sgd(0.5), { className: 'SGD', learningRate: 0.5 }],
    [
      'one that tells nothing',
      telling(() => {
        throw new Error('not told');
      }),
      { className: 'Telling' },
    ],
    [
      'one that tells what cannot be kept',
      telling({
        beta1: Number.NaN,
        beta2: '1',
        nesterov: 1,
        freqScale: 5,
        weightDecayMode: 'l2',
        clipNorm: 2,
        mine: 1,
      }),
      { className: 'Telling', weightDecayMode: 'l2', clipNorm: 2 },
    ],
    [
      'a wrapper, which tells more than its base',
      telling(
        { beta1: 0.5, nesterov: false },
        { base: telling({ beta1: 0.25, beta2: 0.75 }), learningRate: 2 },
      ),
      {
        className: 'Telling',
        baseClassName: 'Telling',
        learningRate: 2,
        beta1: 0.5,
        beta2: 0.75,
        nesterov: false,
      },
    ],
    [
      'the published one',
      new FrequencyAwareOptimizer(new Adam(), []),
      {
        className: 'FrequencyAwareOptimizer',
        baseClassName: 'HarmonicAdam',
        learningRate: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0,
        weightDecayMode: 'l2',
        freqScaleFactor: 0.1,
        freqScale: 'gradient',
      },
    ],
  ])('are those of %s', (_, optimizer, settings) => {
    expect(settingsOf(optimizer)).toEqual(settings);
  });
});

describe('optimizerLike', () => {
  const model = { harmonicLayers: [] } as unknown as Network;

  it('makes the optimizer that tells the same, and the default one of an older file', () => {
    for (const options of [
      {},
      { learningRate: 0.5, beta1: 0.5, epsilon: 1e-3, freqScale: 'update' },
      { optimizer: 'adamw', weightDecay: 0.5 },
      { optimizer: 'momentum', nesterov: true, clipNorm: 2 },
    ] as const) {
      const settings = settingsOf(createOptimizer(model, options));
      expect(settingsOf(optimizerLike(model, settings))).toEqual(settings);
    }
    expect(settingsOf(optimizerLike(model, undefined))).toEqual(settingsOf(createOptimizer(model)));
  });

  it.each([
    [{ className: 'SGD' }, 'SGD'],
    [{ className: 'HarmonicAdam' }, 'HarmonicAdam'],
    [{ className: 'TransformOptimizer' }, 'TransformOptimizer'],
    [{ className: 'FrequencyAwareOptimizer' }, 'FrequencyAwareOptimizer'],
    [{ className: 'FrequencyAwareOptimizer', baseClassName: 'SGD' }, 'FrequencyAwareOptimizer around SGD'],
    [{ className: 'Mine', baseClassName: 'HarmonicAdam', optimizer: 'adam' }, 'Mine around HarmonicAdam'],
  ] as const)('makes none like %j', (settings, name) => {
    expect(() => optimizerLike(model, settings)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'optimizer',
        message: expect.stringContaining(`was trained by ${name}, which fit does not make by itself`),
      }),
    );
  });

  it('says which setting is damaged', () => {
    const settings = { className: 'FrequencyAwareOptimizer', baseClassName: 'HarmonicAdam', beta1: 2 };
    expect(() => optimizerLike(model, settings)).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        argument: 'optimizerSettings.beta1',
        value: 2,
        cause: expect.any(HarmonicError),
      }),
    );
  });
});
