import { describe, expect, it } from 'vitest';
import { describeValue } from './describe-value';
import type { HarmonicError } from './errors';
import { type KnownOptions, requireKnown, requireNumber, requireOneOf, requireOptions } from './requirements';

describe('requireNumber', () => {
  it.each([
    [-1.5, {}],
    [0, { min: 0, max: 0 }],
    [1, { integer: true, min: 1 }],
    [0.999, { min: 0, below: 1 }],
    [Number.MIN_VALUE, { above: 0 }],
    [2 ** 53 - 1, { integer: true }],
  ])('returns %d within %j', (value, bounds) => {
    expect(requireNumber('rate', value, bounds)).toBe(value);
  });

  it.each([
    [Number.NaN, {}, 'rate is NaN; it must be a finite number.'],
    [-Infinity, {}, 'rate is -Infinity; it must be a finite number.'],
    ['1', {}, 'rate is "1"; it must be a finite number.'],
    [null, {}, 'rate is null; it must be a finite number.'],
    [1n, {}, 'rate is 1; it must be a finite number.'],
    [1, { min: 0, below: 1 }, 'rate is 1; it must be a finite number at least 0 and less than 1.'],
    [0, { above: 0, max: 2 }, 'rate is 0; it must be a finite number greater than 0 and at most 2.'],
    [3, { max: 2 }, 'rate is 3; it must be a finite number at most 2.'],
    [0.5, { integer: true }, 'rate is 0.5; it must be an integer.'],
    [2 ** 53, { integer: true, min: 1 }, 'rate is 9007199254740992; it must be an integer at least 1.'],
  ])('refuses %s within %j', (value, bounds, message) => {
    expect(() => requireNumber('rate', value, bounds)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message, argument: 'rate', value }),
    );
  });
});

describe('requireOneOf', () => {
  it('returns a choice, and names the choices otherwise', () => {
    expect(requireOneOf('mode', 'l2', ['l2', 'decoupled'])).toBe('l2');
    for (const [value, shown] of [
      ['L2', '"L2"'],
      [undefined, 'undefined'],
    ]) {
      expect(() => requireOneOf('mode', value, ['l2', 'decoupled'])).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          argument: 'mode',
          value,
          message: expect.stringContaining(`mode is ${shown}; it must be one of "l2", "decoupled".`),
        }),
      );
    }
  });

  it('suggests the choice that is nearest', () => {
    const fixOf = (value: string) => {
      try {
        requireOneOf('mode', value, ['l2', 'decoupled']);
      } catch (error) {
        return (error as HarmonicError).fix;
      }
    };
    expect(fixOf('decuopled')).toBe('Did you mean "decoupled"?');
    expect(fixOf('sgd')).toBeUndefined();
  });
});

describe('requireOptions', () => {
  it('returns an object, and an empty one for none', () => {
    const options = { rate: 1 };
    expect(requireOptions('options', options, 'f({})')).toBe(options);
    expect(requireOptions('options', undefined, 'f({})')).toEqual({});
  });

  it.each([0.001, 'fast', null, [1], () => 1, { shape: [1], dataId: {} }])('refuses %s', (value) => {
    expect(() => requireOptions('options', value as never, 'new Adam({ learningRate: 0.001 })')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: `options is ${describeValue(value)}; it must be an object, as in new Adam({ learningRate: 0.001 }).`,
      }),
    );
  });

  const known: KnownOptions<{ learningRate?: number; beta1?: number }> = { learningRate: 1, beta1: 1 };

  it('refuses a name that is not known, and suggests the nearest one', () => {
    const refusalOf = (options: object) => {
      try {
        requireOptions('options', options, 'new Adam({ learningRate: 0.001 })', known);
      } catch (error) {
        const { code, argument, value, message } = error as HarmonicError;
        return { code, argument, value, message };
      }
    };
    expect(refusalOf({ learningRte: 0.1 })).toEqual({
      code: 'INVALID_ARGUMENT',
      argument: 'learningRte',
      value: 0.1,
      message: 'Adam has no option "learningRte". Did you mean learningRate?',
    });
    expect(refusalOf({ learning_rate: 0.1 })?.message).toContain('Did you mean learningRate?');
    expect(refusalOf({ momentum: 0.9 })?.message).toBe(
      'Adam has no option "momentum". It takes learningRate, beta1.',
    );
    expect(refusalOf({ beta1: 0.9 })).toBeUndefined();
  });

  it('lets a name pass that asks for nothing', () => {
    const options = { momentum: undefined, nesterov: null };
    expect(requireOptions<object>('options', options, '', known)).toBe(options);
  });
});

describe('requireKnown', () => {
  it('says why a known option cannot be followed', () => {
    expect(() =>
      requireKnown({ dtype: 'int32' }, ['units'], 'dense({})', { dtype: 'weights are float32.' }),
    ).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        argument: 'dtype',
        value: 'int32',
        message: 'dense does not support dtype: weights are float32.',
      }),
    );
  });
});
