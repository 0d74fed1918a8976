import { HarmonicError, requireOneOf, requireOptions } from '@harmonic-mlp/core';

/** Entries by name: those of this package and those that a program registers. */
export type Table<T> = { readonly [name: string]: T };

type PartType = 'string' | 'boolean' | 'object' | 'function';

/** The type of each part of an entry; an optional part has a question mark. */
export type Parts<T extends object> = {
  readonly [Name in keyof T]-?: undefined extends T[Name] ? `${PartType}?` : PartType;
};

/**
 * Checks that a value has the parts of an entry, and returns it.
 *
 * @param example an example of how to pass an entry, for the message.
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the part that is missing, unknown, or of the wrong type.
 */
export function requireEntry<T extends object>(
  argument: string,
  value: T,
  example: string,
  parts: Parts<T>,
): T {
  const entry = requireOptions(argument, value, example, parts);
  for (const part in parts) {
    const [type, optional] = parts[part].split(/(?=\?)/);
    if (entry[part] === undefined && optional) continue;
    if (entry[part] != null && typeof entry[part] === type) continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: `${argument}.${part}`,
      value: entry[part],
      allowed: `${type === 'object' ? 'an' : 'a'} ${type}`,
    });
  }
  return entry;
}

/**
 * Adds an entry to a table; adding the same entry again is allowed.
 *
 * @param kind the kind of entry, for the message.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a name that is taken by another entry, or that is not in lowercase.
 */
export function register<T extends { readonly name: string }>(table: Table<T>, kind: string, entry: T): void {
  const { name } = entry;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'name',
      value: name,
      allowed: 'lowercase letters, digits, and hyphens, starting with a letter',
    });
  }
  if (Object.hasOwn(table, name) && table[name] !== entry) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'name',
      value: name,
      allowed: 'a name that is not taken',
      problem: `There is already another ${kind} named ${JSON.stringify(name)}.`,
      fix: 'Give yours another name.',
    });
  }
  (table as { [name: string]: T })[name] = entry;
}

/**
 * Returns the entry with a name, or the value itself if it is not a name.
 *
 * @param check throws if a value is not an entry.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a name that is not in the table, with the nearest name that is.
 */
export function find<T>(table: Table<T>, argument: string, value: string | T, check: (value: T) => T): T {
  return typeof value === 'object' && value !== null
    ? check(value)
    : table[requireOneOf(argument, value, Object.keys(table))];
}
