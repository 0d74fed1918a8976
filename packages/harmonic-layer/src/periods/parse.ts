import { describeBounds, HarmonicError, requireNumber, requireOneOf } from '@harmonic-mlp/core';
import { resolveHyperparameters } from '../hyperparameters';
import type { Table } from '../table';
import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** Periods for the units of a layer, as a distribution and its numbers. */
export interface Periods {
  /** The distribution. */
  readonly distribution: PeriodDistribution;
  /** Its hyperparameters, complete. */
  readonly hyperparameters: { readonly [name: string]: number };
}

/** The given periods, repeated over the units. */
const listOf = (periods: readonly number[]): PeriodDistribution<never> => ({
  name: 'list',
  summary: 'the given periods, repeated over the units',
  hyperparameters: {},
  periodsOf: (units) => periodsBy(units, (i) => periods[i % periods.length]),
});

/**
 * Reads periods from a text: the name of a distribution, and its numbers in order, `geometric:2,64`; or a list, `list:2,4,8`,
 * that is repeated over the units. Numbers left out have their defaults.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown distribution, with the nearest name, and for numbers that are
 *   missing, too many, or out of bounds.
 */
export function parsePeriods(
  table: Table<PeriodDistribution>,
  text: string,
  given: { readonly [name: string]: unknown } = {},
): Periods {
  const [name, ...rest] = text.split(':');
  requireOneOf('periods', name, [...Object.keys(table), 'list']);
  const refuse = (allowed: string, fix?: string): never => {
    throw new HarmonicError('INVALID_ARGUMENT', { argument: 'periods', value: text, allowed, fix });
  };
  const numbers = rest.length === 0 ? [] : rest.join(':').split(',').map(toNumber);
  if (name === 'list') {
    if (rest.length === 0 || numbers.some((number) => !isPeriod(number)))
      refuse(`list: and periods with commas between them, such as list:2,4,8, each ${describeBounds(periodBounds)}`);
    return { distribution: listOf(numbers), hyperparameters: {} };
  }
  const distribution = table[name];
  const names = Object.keys(distribution.hyperparameters);
  const form = names.length === 0 ? name : `${name}:${names.map((each) => each.toUpperCase()).join(',')}`;
  if (numbers.length > names.length || numbers.some(Number.isNaN)) refuse(form);
  const values = { ...given, ...Object.fromEntries(numbers.map((number, i) => [names[i], number])) };
  for (const required of names) {
    if (values[required] === undefined && distribution.hyperparameters[required].default === undefined)
      refuse(form, `${required} is ${distribution.hyperparameters[required].summary}.`);
  }
  return { distribution, hyperparameters: resolveHyperparameters(distribution.hyperparameters, values) };
}

/** `Number` takes an empty text as 0. */
const toNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

const isPeriod = (value: number): boolean => value >= periodBounds.min && value <= periodBounds.max;

/**
 * The periods in a list, repeated over the units.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` if it is empty, or for a number that is not a period.
 */
export function listPeriods(periods: readonly number[]): Periods {
  if (periods.length === 0) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'periods',
      value: periods,
      allowed: 'at least one period',
    });
  }
  for (const [i, period] of periods.entries()) requireNumber(`periods[${i}]`, period, periodBounds);
  return { distribution: listOf([...periods]), hyperparameters: {} };
}
