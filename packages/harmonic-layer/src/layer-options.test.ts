import { foldIn, randomKey } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { activations } from './activations';
import { resolveLayer, type UnitOptions } from './layer-options';
import { type PeriodDistribution, periods } from './periods';

const taker = {
  example: "layerOf({ units: 4, activation: 'relu' })",
  known: ['units', 'activation', 'periods', 'isFirst', 'useBias', 'seed', 'name'],
  refused: { padding: 'a dense layer has none.' },
};
const resolve = (options: Partial<UnitOptions> | Record<string, unknown>) =>
  resolveLayer({ units: 4, activation: 'harmonic', seed: 1, ...options }, taker);

describe('resolveLayer', () => {
  it('completes a layer’s options', () => {
    const options = { activation: 'siren', omega: 10, share: 0.1, isFirst: true, useBias: false, name: 'a' };
    expect(resolve(options).definition).toEqual({
      units: 4,
      activation: activations.siren,
      hyperparameters: { omega: 10 },
      periods: undefined,
      learnPeriods: false,
      isFirst: true,
      useBias: false,
      seed: 1,
    });
  });

  const ones: PeriodDistribution = {
    name: 'ones',
    summary: '1',
    hyperparameters: {},
    periodsOf: (units) => new Float32Array(units).fill(1),
  };
  const falling: PeriodDistribution = {
    name: 'falling',
    summary: 'height − i for unit i',
    hyperparameters: { height: { summary: 'the first period', default: 9, above: 0 } },
    periodsOf: (units, { height }) => Float32Array.from({ length: units }, (_, i) => height - i),
  };
  it.each<[unknown, string, number[], object?]>([
    [undefined, 'capped:1,10', [1, 2, 3, 4]],
    [undefined, 'capped:2,5', [2, 4, 5, 5], { baseFreq: 2, maxFreq: 5 }],
    ['geometric:1', 'geometric:1,8', [1, 2, 4, 8], { last: 8 }],
    [[0.5, 2], 'list:0.5,2', [0.5, 2, 0.5, 2]],
    [Float32Array.of(3, 0.25), 'list:3,0.25', [3, 0.25, 3, 0.25]],
    [ones, 'ones', [1, 1, 1, 1]],
    [falling, 'falling:9', [9, 8, 7, 6]],
    [falling, 'falling:5', [5, 4, 3, 2], { height: 5 }],
  ])('spreads the periods %j as %s', (given, text, expected, others = {}) => {
    const resolved = resolve({ periods: given, ...others });
    expect(Array.from(resolved.definition.periods!)).toEqual(expected);
    expect(resolved.periods.text).toBe(text);
    expect(resolved.periods.distribution.name).toBe(text.split(':')[0]);
    expect(Boolean(resolved.definition.learnPeriods)).toBe(false);
  });

  it('draws periods from a stream of the seed', () => {
    const values = { shortest: 2, longest: 64 };
    const expected = periods.uniform.periodsOf(4, values, foldIn(randomKey(5), 'periods'));
    expect(resolve({ periods: 'uniform', seed: 5 }).definition.periods).toEqual(expected);
  });

  it('has a seed of its own by default', () => {
    const [first, second] = [0, 1].map(() => resolve({ seed: undefined }).definition.seed);
    expect(first).not.toBe(second);
  });

  it('trains periods that are learnable, of units that have some', () => {
    const learnPeriods = (activation: string) =>
      resolve({ activation, periods: 'learnable' }).definition.learnPeriods;
    expect(['harmonic', 'harmonic-relu', 'siren'].map(learnPeriods)).toEqual([true, true, false]);
  });

  it.each<[string, unknown, object]>([
    ['periods', 5, { periods: 5 }],
    ['periods', null, { periods: null }],
    ['periods.periodsOf', undefined, { periods: { ...ones, periodsOf: undefined } }],
    ['height', 4, { height: 4 }],
    ['padding', 'same', { padding: 'same' }],
    ['inputSize', 2, { inputSize: 2 }],
  ])('refuses %s %j', (argument, value, options) => {
    expect(() => resolve(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it.each<[object, string]>([
    [{ periods: null }, "periods is null; it must be a distribution's name, such as geometric:2,64"],
    [{ padding: 'same' }, 'layerOf does not support padding: a dense layer has none.'],
    [{ nmae: 'a' }, 'layerOf has no option "nmae". Did you mean name?'],
    [{ omgea: 1 }, 'layerOf has no option "omgea". Did you mean omega?'],
  ])('says of %j what is wrong', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });
});
