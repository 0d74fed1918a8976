import { describeBounds, HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { type EntryWithNumbers, entryWith, parseEntry, split } from '../entry-text';
import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';
import { periods } from './table';

/** Periods for the units of a layer: a distribution and its numbers. */
export interface Periods {
  /** As a text, with all numbers: `geometric:2,64`. */
  readonly text: string;
  /** The distribution. */
  readonly distribution: PeriodDistribution;
  /** Its hyperparameters, complete. */
  readonly hyperparameters: { readonly [name: string]: number };
}

/**
 * Reads periods from a text: the name of a distribution, and its numbers in order, `geometric:2,64`; or a list, `list:2,4,8`,
 * that is repeated over the units. Numbers left out have their defaults.
 *
 * @param given numbers for those that the text leaves out, by name.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown distribution, with the nearest name, and for numbers that are
 *   missing, too many, or out of bounds.
 * @example
 * ```ts
 * parsePeriods('geometric:2').text; // => 'geometric:2,64'
 * ```
 */
export function parsePeriods(text: string, given: { readonly [name: string]: unknown } = {}): Periods {
  const { name, numbers } = split(text);
  if (name !== 'list') return named(parseEntry('periods', text, periods, given, ['list']));
  if (numbers.length > 0 && numbers.every(isPeriod)) return listPeriods(numbers);
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'periods',
    value: text,
    allowed: `list: and periods with commas between them, such as list:2,4,8, each ${describeBounds(periodBounds)}`,
  });
}

/**
 * The periods of a distribution with given numbers, by name. Numbers left out have their defaults.
 *
 * @param given may contain other names.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for numbers that are missing or out of bounds.
 */
export const periodsWith = (
  distribution: PeriodDistribution,
  given: { readonly [name: string]: unknown },
): Periods => named(entryWith(distribution, given));

const named = ({ entry, ...rest }: EntryWithNumbers<PeriodDistribution>): Periods => ({
  ...rest,
  distribution: entry,
});

const isPeriod = (value: number): boolean => value >= periodBounds.min && value <= periodBounds.max;

/**
 * The periods in a list, repeated over the units.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` if it is empty, or for a number that is not a period.
 */
export function listPeriods(given: ArrayLike<number>): Periods {
  const list = Array.from(given);
  if (list.length === 0) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'periods',
      value: given,
      allowed: 'at least one period',
    });
  }
  for (const [i, period] of list.entries()) requireNumber(`periods[${i}]`, period, periodBounds);
  const distribution: PeriodDistribution<never> = {
    name: 'list',
    summary: 'the given periods, repeated over the units',
    hyperparameters: {},
    periodsOf: (units) => periodsBy(units, (i) => list[i % list.length]),
  };
  return { text: `list:${list}`, distribution, hyperparameters: {} };
}
