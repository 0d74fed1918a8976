import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { applicable, drawnFrom, hasValue, isJson, keyOf, requireAxes, requireAxis, valueAt } from './axis';

describe('an axis', () => {
  it.each<[unknown]>([
    [[1]],
    [['a', null, true, [1], { b: [2] }]],
    [{ from: 0, to: 1 }],
    [{ from: 1e-4, to: 1e-2, scale: 'log', points: 5 }],
    [{ from: -3, to: 12, integer: true, scale: 'linear' }],
  ])('may be %j', (axis) => {
    expect(requireAxis('x', axis)).toBe(axis);
  });

  it.each<[unknown, string]>([
    [[], 'x is an array; it must be a list of at least one value. It is empty.'],
    [[1, undefined], 'x[1] is undefined; it must be a value that JSON has.'],
    [[Number.NaN], 'x[0] is NaN; it must be a value that JSON has.'],
    [[new Date()], 'x[0] is a Date; it must be a value that JSON has.'],
    [[{ at: [() => 1] }], 'x[0] is an object; it must be a value that JSON has.'],
    [
      '0..1',
      'x is "0..1"; it must be a list of values, or a range such as { from: 0.0001, to: 0.01, scale: "log" }.',
    ],
    [null, 'x is null; it must be a list of values, or a range such as'],
    [{ from: 0 }, 'x.to is undefined; it must be a finite number.'],
    [{ from: 0, to: 1, scale: 'cubic' }, 'x.scale is "cubic"; it must be one of "linear", "log".'],
    [{ from: 0, to: 1, integer: 'yes' }, 'x.integer is "yes"; it must be true or false.'],
    [{ from: 0.5, to: 2, integer: true }, 'x.from is 0.5; it must be an integer.'],
    [{ from: 0, to: 1, scale: 'log' }, 'x.from is 0; it must be a finite number greater than 0.'],
    [{ from: 1, to: 1 }, 'x.to is 1; it must be more than from, which is 1.'],
    [{ from: 0, to: 1, points: 1 }, 'x.points is 1; it must be an integer at least 2 and at most 10000.'],
    [{ from: 0, to: 1, form: 2 }, 'The range x has a part "form". Did you mean "from"?'],
    [{ from: 0, to: 1, q: 2 }, 'The range x has a part "q". Its parts are from, to, scale, integer, points.'],
    // Neither rounding nor overflow leaves a number between the ends.
    [
      { from: 1e10, to: 1e10 + 2e-6, scale: 'log' },
      'x.to is 10000000000.000002; it must be farther from from, which is 10000000000.',
    ],
    [{ from: -1.7e308, to: 1.7e308 }, 'x.to is 1.7e+308; it must be nearer to from, which is -1.7e+308.'],
  ])('is not %j', (axis, message) => {
    const error = errorOf(() => requireAxis('x', axis));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message.startsWith(message), error.message).toBe(true);
  });

  it.each([[null], [[]], ['x']])('axes are not %j', (axes) => {
    expect(errorOf(() => requireAxes('axes', axes)).message).toContain(
      'it must be an object of lists and ranges',
    );
  });
});

describe('the values of a range', () => {
  it('are evenly spread, on its scale', () => {
    const at = (range: Parameters<typeof valueAt>[0]) =>
      [0, 0.25, 0.5, 0.75, 1].map((place) => valueAt(range, place));
    expect(at({ from: 0, to: 0.4 })).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(at({ from: 1e-4, to: 1, scale: 'log' })).toEqual([0.0001, 0.001, 0.01, 0.1, 1]);
    expect(at({ from: 1, to: 16, scale: 'log', integer: true })).toEqual([1, 2, 4, 8, 16]);
    expect(at({ from: -2, to: 2, integer: true })).toEqual([-2, -1, 0, 1, 2]);
    expect(Object.is(valueAt({ from: -1, to: 1, integer: true }, 0.4), 0)).toBe(true);
  });

  it('are never outside, though the ends have more digits than are kept', () => {
    const range = { from: 1 / 3, to: 1 / 3 + 1e-13 };
    for (const place of [0, 0.1, 0.5, 0.9, 1]) expect(hasValue(range, valueAt(range, place))).toBe(true);
  });

  it('are drawn with as many digits as matter', () => {
    expect(drawnFrom({ from: 0, to: 0.5 }, 2 / 3)).toBe(0.3333);
    expect(drawnFrom({ from: 1e-4, to: 1e-2, scale: 'log' }, 1 / 3)).toBe(0.0004642);
    expect(drawnFrom({ from: 1000, to: 1001 }, 1 / 3)).toBe(1000.333);
    expect(drawnFrom({ from: -1, to: 1 }, 0.5)).toBe(0);
    const narrow = { from: 1 / 3, to: 1 / 3 + 1e-13 };
    expect(hasValue(narrow, drawnFrom(narrow, 0.5))).toBe(true);
  });

  it('are drawn such that each integer has its share', () => {
    const shares = Array(4).fill(0);
    for (let i = 0; i < 4000; i++) shares[drawnFrom({ from: 0, to: 3, integer: true }, i / 4000)]++;
    expect(shares).toEqual([1000, 1000, 1000, 1000]);
    // The logarithm is as long from 0.5 to 1.5 as from 1.5 to 4.5.
    const logarithmic = { from: 1, to: 4, integer: true, scale: 'log' } as const;
    expect(drawnFrom(logarithmic, 0.499)).toBe(1);
    expect(drawnFrom(logarithmic, 0.501)).toBe(2);
    expect(drawnFrom(logarithmic, 1 - 2 ** -24)).toBe(4);
  });
});

it.each<[Parameters<typeof hasValue>[0], unknown, boolean]>([
  [[[1, 2], { b: 1, a: 2 }], { a: 2, b: 1 }, true],
  [[[1, 2]], [2, 1], false],
  [{ from: 0, to: 1 }, 1, true],
  [{ from: 0, to: 1 }, 1.01, false],
  [{ from: 0, to: 1 }, '1', false],
  [{ from: 0, to: 1 }, Number.NaN, false],
  [{ from: 0, to: 9, integer: true }, 2.5, false],
])('whether %j has %j: %j', (axis, value, has) => {
  expect(hasValue(axis, value)).toBe(has);
});

it('equal values have the same key, others another', () => {
  expect(keyOf({ a: 1, b: [{ c: null }], d: undefined })).toBe(keyOf({ b: [{ c: null }], a: 1 }));
  const values = [1, '1', [1], [[1]], { 1: 1 }, { a: [1, 2] }, { a: [12] }, null, 'null', true, '', [], {}];
  expect(new Set(values.map(keyOf)).size).toBe(values.length);
  for (const value of values) expect(isJson(value)).toBe(true);
});

it('values of axes that do not apply are left out, with those that depend on them', () => {
  const values = { schedule: 'constant', warmup: 0.1, shape: 2, rate: 1 };
  const applies = (axis: string, { schedule, ...others }: Readonly<Record<string, unknown>>) =>
    axis === 'warmup' ? schedule !== 'constant' : axis === 'shape' ? 'warmup' in others : true;
  expect(applicable(values, applies)).toEqual({ schedule: 'constant', rate: 1 });
  expect(applicable({ ...values, schedule: 'cosine' }, applies)).toEqual({ ...values, schedule: 'cosine' });
  expect(applicable(values, undefined)).toBe(values);
});
