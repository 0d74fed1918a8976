import { randomKey } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { parsePeriods, periods, registerPeriods } from '.';
import { listPeriods } from './parse';

const of = (text: string, units: number, seed = 0) => {
  const { distribution, hyperparameters } = parsePeriods(text);
  return Array.from(distribution.periodsOf(units, hyperparameters, randomKey(seed)));
};

it.each(Object.entries(periods))('%s is called so', (name, distribution) => {
  expect(distribution.name).toBe(name);
});

describe('periods', () => {
  it.each<[string, number[]]>([
    ['capped', [1, 2, 3, 4, 5]],
    ['capped:1,3', [1, 2, 3, 3, 3]],
    ['capped:0.5,1', [0.5, 1, 1, 1, 1]],
    ['constant', [8, 8, 8, 8, 8]],
    ['constant:2.5', [2.5, 2.5, 2.5, 2.5, 2.5]],
    ['linear', [1, 2.75, 4.5, 6.25, 8]],
    ['linear:8,4', [8, 7, 6, 5, 4]],
    ['linear:3', [3, 4.25, 5.5, 6.75, 8]],
    ['geometric:2,32', [2, 4, 8, 16, 32]],
    ['geometric:16,1', [16, 8, 4, 2, 1]],
    ['harmonic:1,0.2', [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5].map(Math.fround)],
    ['harmonic:2,2', [2, 2, 2, 2, 2]],
    ['harmonic:1e-20,1', [1e-20, 4 / 3 / 1e20, 2 / 1e20, 4 / 1e20, 1].map(Math.fround)],
    ['cyclic:1,3', [1, 2, 3, 1, 2]],
    ['cyclic:2,7', [2, 4, 6, 2, 4]],
    ['cyclic:0.5,0.5', [0.5, 0.5, 0.5, 0.5, 0.5]],
    // Frequencies of 10, 20, … 50 per unit of the input, half of 100.
    ['nyquist', [10, 5, 10 / 3, 2.5, 2].map((each) => Math.fround(each / 128))],
    ['nyquist:100', [1 / 10, 1 / 20, 1 / 30, 1 / 40, 1 / 50].map(Math.fround)],
    ['learnable', [8, 8, 8, 8, 8]],
    ['learnable:3', [3, 3, 3, 3, 3]],
    ['uniform:3,3', [3, 3, 3, 3, 3]],
    ['list:2,4,8', [2, 4, 8, 2, 4]],
    ['list:1e-3', [1e-3, 1e-3, 1e-3, 1e-3, 1e-3].map(Math.fround)],
  ])('of 5 units are, for %s, %j', (text, expected) => {
    expect(of(text, 5)).toEqual(expected);
  });

  it.each(Object.keys(periods))('%s has periods for one unit', (name) => {
    const [period, ...others] = of(name, 1);
    expect(period).toBeGreaterThan(0);
    expect(others).toEqual([]);
  });

  it('say which number must be given, of a distribution that has no default for it', () => {
    registerPeriods({
      ...periods.constant,
      name: 'test-own',
      hyperparameters: { period: { summary: 'its length' } },
    });
    expect(() => parsePeriods('test-own')).toThrow(
      'periods is "test-own"; it must be test-own:PERIOD. period is its length.',
    );
    delete (periods as Record<string, unknown>)['test-own'];
  });

  it('cyclic reaches its last period in spite of rounding', () => {
    expect(new Set(of('cyclic:0.1,0.8', 20)).size).toBe(8);
  });

  it('uniform draws evenly from its interval, the same for the same seed', () => {
    const drawn = of('uniform:2,64', 10_000);
    expect(of('uniform:2,64', 10_000)).toEqual(drawn);
    expect(of('uniform:2,64', 10_000, 1)).not.toEqual(drawn);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...drawn)).toBeLessThan(64);
    for (const border of [17.5, 33, 48.5]) {
      // Within five standard deviations of the count.
      const below = drawn.filter((period) => period < border).length;
      expect(Math.abs(below / 10_000 - (border - 2) / 62)).toBeLessThan(0.025);
    }
  });

  it('gaussian draws around its mean, and never 0 or less', () => {
    const drawn = of('gaussian:8,2', 10_000);
    const mean = drawn.reduce((a, b) => a + b) / drawn.length;
    const variance = drawn.reduce((sum, period) => sum + (period - mean) ** 2, 0) / drawn.length;
    expect(Math.abs(mean - 8)).toBeLessThan(0.1);
    expect(Math.abs(Math.sqrt(variance) - 2)).toBeLessThan(0.1);
    expect(of('gaussian:8,2', 10_000)).toEqual(drawn);
    expect(Math.min(...of('gaussian:1,100', 10_000))).toBeGreaterThan(0);
    expect(of('gaussian:3,0', 3)).toEqual([3, 3, 3]);
    // By a separate program, from the random generator on.
    expect(of('gaussian:8,2', 4)).toEqual(
      [6.00466, 9.33708, 9.99554, 8.2569].map((each) => expect.closeTo(each, 5)),
    );
  });
});

describe('parsePeriods', () => {
  it.each<[string, string]>([
    ['geometrc:2,64', 'Did you mean "geometric"?'],
    ['lst:2,4', 'Did you mean "list"?'],
    ['toString', 'it must be one of "capped", '],
    ['', 'it must be one of "capped", '],
    ['geometric:2,64,3', 'it must be geometric:FIRST,LAST'],
    ['geometric:two', 'it must be geometric:FIRST,LAST'],
    ['geometric:', 'it must be geometric:FIRST,LAST'],
    ['geometric:2,', 'it must be geometric:FIRST,LAST'],
    ['constant:0', 'period is 0; it must be a finite number at least 1e-30'],
    ['constant:-3', 'period is -3'],
    ['constant:Infinity', 'period is Infinity'],
    ['nyquist:', 'it must be nyquist:RATE'],
    ['list', 'it must be list: and periods with commas between them'],
    ['list:', 'it must be list: and periods with commas between them'],
    ['list:1,,2', 'it must be list: and periods with commas between them'],
    ['list:1e31', 'it must be list: and periods with commas between them'],
    ['list:1:2', 'periods is "list:1:2"; it must be list: and periods with commas between them'],
    ['gaussian:8, ', 'it must be gaussian:MEAN,DEVIATION'],
    ['list:1,0', 'it must be list: and periods with commas between them'],
    ['cyclic:3,2', 'last is 2; it must be at least 3, the first period'],
    ['uniform:3,2', 'longest is 2; it must be at least 3, the shortest period'],
  ])('refuses %j: %s', (text, message) => {
    expect(() => of(text, 3)).toThrow(message);
    expect(() => of(text, 3)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each([
    ['geometric', 'geometric:2,64'],
    ['geometric:3', 'geometric:3,64'],
    ['constant:0.5', 'constant:0.5'],
    ['list:1e3, 2', 'list:1000,2'],
    ['list:1e-30,1e30', 'list:1e-30,1e+30'],
  ])('completes %s to %s', (text, complete) => {
    expect(parsePeriods(text).text).toBe(complete);
    expect(parsePeriods(complete).text).toBe(complete);
  });

  it('takes numbers from elsewhere where the text has none', () => {
    expect(parsePeriods('geometric:4', { first: 1, last: 16 }).hyperparameters).toEqual({
      first: 4,
      last: 16,
    });
  });
});

describe('listPeriods', () => {
  it.each<[number[], string, unknown]>([
    [[], 'periods', []],
    [[1, 0], 'periods[1]', 0],
    [[Number.NaN], 'periods[0]', Number.NaN],
  ])('refuses %j', (list, argument, value) => {
    expect(() => listPeriods(list)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it('is not changed by a later change of the list', () => {
    const list = [1, 2];
    const { distribution } = listPeriods(list);
    list[0] = 5;
    expect(Array.from(distribution.periodsOf(3, {}, randomKey(0)))).toEqual([1, 2, 1]);
  });
});
