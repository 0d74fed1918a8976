import { describe, expect, it, vi } from 'vitest';
import { describeValue, HarmonicError, requireNumber, requireOneOf, requireOptions } from './errors';

describe('HarmonicError', () => {
  it('carries a code, a message and a cause', () => {
    const cause = new Error('below');
    const error = new HarmonicError('DIVERGED', 'The loss is NaN.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'HarmonicError',
      code: 'DIVERGED',
      message: 'The loss is NaN.',
      cause,
    });
  });

  it('recognises one of another copy of the package, and nothing else', async () => {
    vi.resetModules();
    const copy = await import('./errors');
    expect(copy.HarmonicError).not.toBe(HarmonicError);
    expect(HarmonicError.is(new copy.HarmonicError('UNSUPPORTED', ''))).toBe(true);
    expect(HarmonicError.is(new HarmonicError('UNSUPPORTED', ''))).toBe(true);
    for (const other of [new Error(''), { code: 'UNSUPPORTED' }, 'error', null, undefined]) {
      expect(HarmonicError.is(other)).toBe(false);
    }
  });
});

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
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message }),
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
          message: `mode is ${shown}; it must be one of "l2", "decoupled".`,
        }),
      );
    }
  });
});

describe('describeValue', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [0.5, '0.5'],
    ['adam', '"adam"'],
    ['x'.repeat(1000), `"${'x'.repeat(60)}…"`],
    [() => 1, 'a function'],
    [[[1]], 'an array'],
    [{ a: 1 }, 'an object'],
    [Object.create(null), 'an object'],
    [new ArrayBuffer(2), 'an ArrayBuffer'],
    [new Uint8Array(2), 'a Uint8Array'],
    [Promise.resolve(), 'a promise, which must be awaited first'],
    [{ shape: [2, 3], dataId: {}, dtype: 'float32' }, 'a tensor of shape [2,3]'],
  ])('tells what %s is', (value, text) => {
    expect(describeValue(value)).toBe(text);
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
});
