import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import { dispose, setBackend, tensor, tidy, variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeOptimizer, type OptimizerName, optimizers } from '.';

beforeAll(() => setBackend('cpu'));
const names = Object.keys(optimizers) as OptimizerName[];

describe('the table', () => {
  it.each(names)('has a definition of %s, by which one is made', (name) => {
    const { summary, settings, ...definition } = optimizers[name];
    expect(definition.name).toBe(name);
    for (const text of [summary, ...Object.values(settings).map((setting) => setting.summary)]) {
      expect(text).toMatch(/^\S.*\.$/);
    }
    const defaults = Object.entries(settings).map(([setting, given]) => [setting, given.default]);
    expect(makeOptimizer(name).getConfig()).toStrictEqual({
      optimizer: name,
      ...Object.fromEntries(defaults.filter(([, value]) => value !== undefined)),
    });
  });

  it('has the settings that each of them takes, with their bounds', () => {
    const atLeast0 = (value?: number) => ({ default: value, bounds: { min: 0 } });
    const above0 = { default: undefined, bounds: { above: 0 } };
    const decay = (value: number) => ({ default: value, bounds: { min: 0, below: 1 } });
    const common = {
      weightDecay: atLeast0(0),
      clipValue: above0,
      clipNorm: above0,
      freqScaleFactor: atLeast0(0.1),
      freqScale: { default: 'gradient', choices: ['gradient', 'update'] },
    };
    const moments = { beta1: decay(0.9), beta2: decay(0.999), epsilon: atLeast0() };
    const expected = {
      adam: { ...common, ...moments, learningRate: atLeast0(1e-3) },
      adamw: { ...common, ...moments, learningRate: atLeast0(1e-3), weightDecay: atLeast0(0.01) },
      sgd: { ...common, learningRate: atLeast0(0.1) },
      momentum: {
        ...common,
        learningRate: atLeast0(0.01),
        momentum: decay(0.9),
        nesterov: { default: false },
      },
    };
    const actual = Object.entries(optimizers).map(([name, { settings }]) => [
      name,
      Object.fromEntries(
        Object.entries(settings).map(([setting, { summary: _, ...rest }]) => [setting, rest]),
      ),
    ]);
    expect(Object.fromEntries(actual)).toEqual(expected);
  });
});

describe('an optimizer by name', () => {
  it('is made again from its configuration, as JSON has it', () => {
    const settings = {
      learningRate: 0.2,
      weightDecay: 0.3,
      clipNorm: 4,
      freqScale: 'update',
      epsilon: 1e-3,
    } as const;
    const made = makeOptimizer('adamw', settings);
    made.learningRate = 0.1;
    const { optimizer, ...config } = JSON.parse(JSON.stringify(made.getConfig()));
    expect(config).toEqual({
      ...settings,
      learningRate: 0.1,
      beta1: 0.9,
      beta2: 0.999,
      freqScaleFactor: 0.1,
    });
    expect(makeOptimizer(optimizer, config).getConfig()).toEqual(made.getConfig());
  });

  it.each(['adam', 'adamw'] as const)('hands the settings of the moments of %s on', (name) => {
    const settings = { learningRate: 0.1, weightDecay: 0, beta1: 0, beta2: 0, epsilon: 1 };
    const optimizer = makeOptimizer(name, settings);
    tidy(() => {
      const weight = variable(tensor([1]));
      for (const gradient of [3, -1]) optimizer.applyGradients({ [weight.name]: tensor([gradient]) });
      // Without memory, each step is 0.1·g/(|g| + 1).
      expect(weight.dataSync()[0]).toBeCloseTo(1 - 0.1 * (3 / 4 - 1 / 2), 6);
      weight.dispose();
    });
    optimizer.dispose();
  });

  it.each<[OptimizerName, OptimizerName, slot: string | undefined]>([
    ['adam', 'momentum', 'first_moment'],
    ['adam', 'sgd', 'first_moment'],
    ['momentum', 'sgd', 'momentum'],
    ['momentum', 'adamw', 'momentum'],
    ['adam', 'adamw', undefined],
    ['adamw', 'adam', undefined],
  ])('that was %s gives its state to %s only if that keeps the same', (from, to, slot) => {
    const [saved, other] = [makeOptimizer(from), makeOptimizer(to)];
    const parameters = tidy(() => ({ 'a/b': variable(tensor([1])), a: variable(tensor([2])) }));
    tidy(() => {
      for (const { name } of Object.values(parameters)) saved.applyGradients({ [name]: tensor([3]) });
    });
    const load = () => other.loadState(parameters, saved.saveState(parameters));
    if (slot === undefined) load();
    else {
      expect(load).toThrow(
        expect.objectContaining({
          code: 'INVALID_DATA',
          argument: 'state',
          value: `a/b/${slot}`,
          message: `This optimizer keeps no "a/b/${slot}"; the state is of another kind of optimizer.`,
        }),
      );
    }
    const kept = other.saveState(parameters);
    expect(Object.keys(kept.tensors)).toHaveLength(slot === undefined ? 4 : 0);
    dispose(parameters);
    saved.dispose();
    other.dispose();
  });

  it('leaves open what is null, where it may be left open', () => {
    const open = { clipNorm: null, clipValue: undefined, epsilon: null } as object;
    expect(makeOptimizer('adam', open).getConfig()).toEqual(makeOptimizer('adam').getConfig());
  });

  it.each<[string, object | undefined, fields: object]>([
    ['adm', undefined, { argument: 'optimizer', value: 'adm', fix: 'Did you mean "adam"?' }],
    ['toString', undefined, { argument: 'optimizer', value: 'toString' }],
    [
      'adam',
      0.1 as never,
      {
        argument: 'settings',
        value: 0.1,
        allowed: "an object, as in makeOptimizer('adam', { learningRate: 1e-3 })",
      },
    ],
    ['adam', { learningrate: 0.1 }, { argument: 'learningrate', fix: 'Did you mean learningRate?' }],
    ['sgd', { momentum: 0.9 }, { argument: 'momentum', value: 0.9 }],
    ['adam', { learningRate: -1 }, { argument: 'learningRate', value: -1 }],
    ['adam', { learningRate: null }, { argument: 'learningRate', value: null }],
    ['adam', { weightDecay: -1 }, { argument: 'weightDecay', value: -1 }],
    ['adamw', { weightDecay: -1 }, { argument: 'weightDecay', value: -1 }],
    ['adam', { beta1: 1 }, { argument: 'beta1', value: 1 }],
    ['adam', { beta2: 1 }, { argument: 'beta2', value: 1 }],
    ['adam', { epsilon: -1 }, { argument: 'epsilon', value: -1 }],
    ['sgd', { learningRate: '0.1' }, { argument: 'learningRate', value: '0.1' }],
    ['sgd', { clipNorm: 0 }, { argument: 'clipNorm', value: 0 }],
    ['sgd', { clipValue: 0 }, { argument: 'clipValue', value: 0 }],
    ['momentum', { learningRate: -1 }, { argument: 'learningRate', value: -1 }],
    ['momentum', { momentum: 1 }, { argument: 'momentum', value: 1 }],
    ['momentum', { nesterov: 'yes' }, { argument: 'nesterov', value: 'yes', allowed: 'true or false' }],
    ['adam', { freqScaleFactor: -1 }, { argument: 'freqScaleFactor', value: -1 }],
    ['adam', { freqScale: 'updates' }, { argument: 'freqScale', fix: 'Did you mean "update"?' }],
    [
      'momentum',
      { beta1: 0.9 },
      {
        argument: 'beta1',
        value: 0.9,
        message: expect.stringMatching(
          /^The optimizer "momentum" has no option "beta1"\. It takes learningRate, weightDecay, momentum, /,
        ),
      },
    ],
  ])('%s is not made with %j', (name, settings, fields) => {
    const make = () => makeOptimizer(name as OptimizerName, settings);
    expect(make).toThrow(HarmonicError);
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', ...fields }));
  });
});
