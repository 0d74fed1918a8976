import { type Bounds, requireNumber } from '@harmonic-mlp/core';
import { requireSetting, type SettingType } from '../setting';

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const digits = /^[+-]?\d+$/;

const answers = new Map([
  ['yes', true],
  ['no', false],
  ['true', true],
  ['false', false],
]);

/** The text for an empty list, and for no limit. */
export const none = 'none';

/**
 * Parses the text of a setting from a command line or a form: numbers in decimal notation, lists separated by commas, `none`
 * for an empty list, `yes` or `no`, and `true` or `false`.
 *
 * @param name the setting's name in error messages.
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the setting, the text, and what is allowed.
 */
export function parseSetting(name: string, text: string, type: SettingType): unknown {
  const trimmed = text.trim();
  switch (type.kind) {
    case 'number':
      return numberOf(name, trimmed, type.bounds);
    case 'numberOrName': {
      const isNumber = (type.bounds.integer ? digits : decimal).test(trimmed);
      return requireSetting(name, isNumber ? Number(trimmed) : trimmed, type);
    }
    case 'choice':
    case 'text':
      return requireSetting(name, trimmed, type);
    case 'flag':
      return requireSetting(name, answers.get(trimmed) ?? trimmed, type);
    case 'list':
      return trimmed === none ? [] : listOf(name, trimmed, type.bounds);
    case 'perLayer': {
      const values = listOf(name, trimmed, type.bounds);
      return values.length === 1 ? values[0] : values;
    }
  }
}

/** The text from which {@link parseSetting} makes a value. */
export function formatSetting(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? none : value.join(',');
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

function numberOf(name: string, text: string, bounds: Bounds): number {
  const isNumber = (bounds.integer ? digits : decimal).test(text);
  return requireNumber(name, isNumber ? Number(text) : text, bounds);
}

const listOf = (name: string, text: string, bounds: Bounds): number[] =>
  text.split(/\s*[,;]\s*|\s+/).map((part) => numberOf(name, part, bounds));
