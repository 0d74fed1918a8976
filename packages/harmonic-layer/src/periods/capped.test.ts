import { describe, expect, it } from 'vitest';
import { cappedHarmonicSeries } from './capped';

describe('cappedHarmonicSeries', () => {
  it.each([
    [4, { baseFreq: 1, maxFreq: 3 }, [1, 2, 3, 3]],
    [1, {}, [1]],
    [12, {}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]],
    [12, { maxFreq: undefined }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]],
    [5, { baseFreq: 0.5, maxFreq: 1.75 }, [0.5, 1, 1.5, 1.75, 1.75]],
    [3, { baseFreq: 8, maxFreq: 3 }, [3, 3, 3]],
    [3, { baseFreq: 0.25, maxFreq: 1e6 }, [0.25, 0.5, 0.75]],
  ])('of %i units with %j is %j', (units, options, periods) => {
    expect(cappedHarmonicSeries(units, options)).toEqual(Float32Array.from(periods));
  });

  it('has 508 of 512 units at a cap of 5, as published', () => {
    const periods = cappedHarmonicSeries(512, { maxFreq: 5 });
    expect(periods.filter((period) => period === 5)).toHaveLength(508);
  });

  it.each<[unknown, object, string, unknown]>([
    [0, {}, 'units', 0],
    [2.5, {}, 'units', 2.5],
    [undefined, {}, 'units', undefined],
    [2, { baseFreq: 0 }, 'baseFreq', 0],
    [2, { baseFreq: Number.NaN }, 'baseFreq', Number.NaN],
    [2, { baseFreq: 1e-31 }, 'baseFreq', 1e-31],
    [2, { maxFreq: -1 }, 'maxFreq', -1],
    [2, { maxFreq: Infinity }, 'maxFreq', Infinity],
    [2, { maxFreq: 1e31 }, 'maxFreq', 1e31],
    [2, { maxFreq: '5' }, 'maxFreq', '5'],
    [2, { maxFrequency: 5 }, 'maxFrequency', 5],
    [2, 5 as never, 'options', 5],
  ])('refuses %s units with %j', (units, options, argument, value) => {
    expect(() => cappedHarmonicSeries(units as number, options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it('says what a bound may be', () => {
    expect(() => cappedHarmonicSeries(2, { maxFreq: 0 })).toThrow(
      'maxFreq is 0; it must be a finite number at least 1e-30 and at most 1e+30.',
    );
  });

  it.each(['baseFreq', 'maxFreq'] as const)('takes a %s from 1e-30 to 1e30', (name) => {
    for (const bound of [1e-30, 1e30]) expect(cappedHarmonicSeries(1, { [name]: bound })).toHaveLength(1);
    for (const bound of [0.99e-30, 1.01e30]) {
      expect(() => cappedHarmonicSeries(1, { [name]: bound })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: name, value: bound }),
      );
    }
  });
});
