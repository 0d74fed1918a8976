import { HarmonicError, requireOneOf } from '@harmonic-mlp/core';
import { type Hyperparameters, type HyperparameterValues, resolveHyperparameters } from './hyperparameters';
import type { Table } from './table';

/** An entry of a table with its numbers. */
export interface EntryWithNumbers<T> {
  /** As a text, with all numbers: `geometric:2,64`. */
  readonly text: string;
  /** The entry. */
  readonly entry: T;
  /** Its hyperparameters, complete. */
  readonly hyperparameters: HyperparameterValues<string>;
}

interface Entry {
  readonly name: string;
  readonly hyperparameters: Hyperparameters<string>;
}

/**
 * Reads the name of an entry and its numbers in order from a text, such as `geometric:2,64`. Numbers left out have their defaults.
 *
 * @param given numbers for those that the text leaves out, by name.
 * @param otherNames names that are allowed besides those of the table, for the error.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown name, with the nearest one, and for numbers that are missing, too
 *   many, or out of bounds.
 */
export function parseEntry<T extends Entry>(
  argument: string,
  text: string,
  table: Table<T>,
  given: { readonly [name: string]: unknown } = {},
  otherNames: readonly string[] = [],
): EntryWithNumbers<T> {
  const { name, numbers } = split(text);
  requireOneOf(argument, name, [...Object.keys(table), ...otherNames]);
  const known = table[name].hyperparameters;
  const names = Object.keys(known);
  const form = textOf(
    name,
    names.map((each) => each.toUpperCase()),
  );
  const refuse = (fix?: string): never => {
    throw new HarmonicError('INVALID_ARGUMENT', { argument, value: text, allowed: form, fix });
  };
  if (numbers.length > names.length || numbers.some(Number.isNaN)) refuse();
  const values = { ...given, ...Object.fromEntries(numbers.map((number, i) => [names[i], number])) };
  const missing = names.find((each) => values[each] === undefined && known[each].default === undefined);
  if (missing !== undefined) refuse(`${missing} is ${known[missing].summary}.`);
  return entryWith(table[name], values);
}

/**
 * An entry with given numbers, by name. Numbers left out have their defaults.
 *
 * @param given may contain other names.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for numbers that are missing or out of bounds.
 */
export function entryWith<T extends Entry>(
  entry: T,
  given: { readonly [name: string]: unknown },
): EntryWithNumbers<T> {
  const hyperparameters = resolveHyperparameters(entry.hyperparameters, given);
  return { text: textOf(entry.name, Object.values(hyperparameters)), entry, hyperparameters };
}

/** The name and the numbers in a text; NaN for what is not a number. */
export function split(text: string): { name: string; numbers: number[] } {
  const [name, ...rest] = text.split(':');
  return { name, numbers: rest.length === 0 ? [] : rest.join(':').split(',').map(toNumber) };
}

/** `Number` takes an empty text as 0. */
const toNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

const textOf = (name: string, values: readonly unknown[]): string =>
  [name, values.join(',')].filter(Boolean).join(':');
