import { type Bounds, describeBounds, requireNumber, requireOneOf } from '@harmonic-mlp/core';
import { refused } from './refused';

/**
 * The values that a setting accepts, and its default. It is plain data, from which checks, command lines, forms, configuration
 * files, and the check of saved runs are derived.
 */
export type SettingType =
  /** One number. */
  | { readonly kind: 'number'; readonly bounds: Bounds; readonly default: number }
  /** An optional number. */
  | { readonly kind: 'number'; readonly bounds: Bounds; readonly default?: undefined }
  /** A number, or a name that stands for one. */
  | {
      readonly kind: 'numberOrName';
      readonly bounds: Bounds;
      readonly names: readonly string[];
      readonly default: number | string;
    }
  /** One of several names. */
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default: string }
  /** Any number of numbers. */
  | { readonly kind: 'list'; readonly bounds: Bounds; readonly default: readonly number[] }
  /** A number for all hidden layers, or one for each. */
  | { readonly kind: 'perLayer'; readonly bounds: Bounds; readonly default?: number }
  /** Any text. */
  | { readonly kind: 'text'; readonly default?: string }
  /** Yes or no. */
  | { readonly kind: 'flag'; readonly default: boolean };

/**
 * Checks a value of a setting, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the setting, its value, and what is allowed.
 */
export function requireSetting(name: string, value: unknown, type: SettingType): unknown {
  switch (type.kind) {
    case 'number':
      return requireNumber(name, value, type.bounds);
    case 'numberOrName':
      if (typeof value === 'number') return requireNumber(name, value, type.bounds);
      if (type.names.includes(value as string)) return value;
      throw refused(name, value, `${describeBounds(type.bounds)} or ${type.names.join(', ')}`);
    case 'choice':
      return requireOneOf(name, value, type.choices);
    case 'list':
      if (!Array.isArray(value))
        throw refused(name, value, `a list of numbers, each ${describeBounds(type.bounds)}`);
      return value.map((each, i) => requireNumber(`${name}[${i}]`, each, type.bounds));
    case 'perLayer':
      if (typeof value === 'number') return requireNumber(name, value, type.bounds);
      if (!Array.isArray(value)) throw refused(name, value, 'a number, or a list of one for each layer');
      return value.map((each, i) => requireNumber(`${name}[${i}]`, each, type.bounds));
    case 'text':
      if (typeof value !== 'string' || value.trim() === '')
        throw refused(name, value, 'a string that is not empty');
      return value;
    case 'flag':
      if (typeof value !== 'boolean') throw refused(name, value, 'true or false');
      return value;
  }
}
