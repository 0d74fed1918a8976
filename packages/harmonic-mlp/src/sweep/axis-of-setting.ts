import { HarmonicError } from '@harmonic-mlp/core';
import { refused } from '../refused';
import { requireSetting } from '../setting';
import { parseSetting, type Setting } from '../settings';
import { type Axis, isRange, type Range, requireAxis } from './axis';

const range = /^(?:(log|linear):)?([^\s:]+?)\.\.([^\s:]+?)(?::(\d+))?$/;

const textOfRange =
  'a range from a smaller number to a larger one, such as log:1e-4..1e-2, or log:1e-4..1e-2:5 for 5 of its values (2 to 10000)';

/**
 * The axis that texts of a command line give for a setting. For a setting with one value, these are values separated by commas,
 * such as `1e-3,3e-3`, or a range, `log:1e-4..1e-2` or `0..0.5`, of which a grid takes as many values as follow a second colon:
 * `log:1e-4..1e-2:5`. A setting that is itself a list, or may have commas in it, has one value for each text.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a value that the setting does not allow, for one that is there twice, and if there is none.
 */
export const axisOf = (setting: Setting, texts: readonly string[]): Axis =>
  parsedAxis(`--${setting.flag}`, setting, texts);

function parsedAxis(name: string, setting: Setting, texts: readonly string[]): Axis {
  const { type } = setting;
  const bounds = type.kind === 'number' || type.kind === 'numberOrName' ? type.bounds : undefined;
  if (texts.length === 0) throw refused(name, undefined, 'given at least one value');
  const found = texts.length === 1 && bounds ? range.exec(texts[0].trim()) : null;
  if (found !== null) {
    const [, scale, from, to, points] = found;
    const ends = { from: number(name, from, texts[0]), to: number(name, to, texts[0]) };
    try {
      return checkedAxis(name, setting, {
        ...ends,
        ...(scale === 'log' && { scale }),
        ...(bounds?.integer && { integer: true }),
        ...(points !== undefined && { points: Number(points) }),
      });
    } catch (error) {
      // A text has no parts with names.
      if (!HarmonicError.is(error) || !error.argument?.startsWith(`${name}.`)) throw error;
      const isNotPositive = scale === 'log' && ends.from <= 0;
      throw refused(
        name,
        texts[0],
        isNotPositive ? 'from more than 0, since its scale is logarithmic' : textOfRange,
      );
    }
  }
  const isWhole = type.kind === 'list' || type.kind === 'perLayer' || type.kind === 'text';
  const values = texts.flatMap((text) => (isWhole ? [text] : text.split(',')));
  return distinct(
    name,
    values.map((text) => parseSetting(name, text, type)),
  );
}

/**
 * Checks the axis of a setting in a file: a list of values, a range as an object, or one as the text of a command line.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a value that the setting does not allow.
 */
export function requireAxisOf(setting: Setting, axis: unknown): Axis {
  const name = `axes.${setting.name}`;
  if (typeof axis === 'string') return parsedAxis(name, setting, [axis]);
  return checkedAxis(name, setting, requireAxis(name, axis));
}

function checkedAxis(name: string, { type }: Setting, axis: Axis): Axis {
  if (!isRange(axis))
    return distinct(
      name,
      axis.map((value) => requireSetting(name, value, type)),
    );
  if (type.kind !== 'number' && type.kind !== 'numberOrName') {
    throw refused(name, axis, 'a list of values: only numbers have ranges');
  }
  for (const end of [axis.from, axis.to]) requireSetting(name, end, type);
  const whole: Range = type.bounds.integer ? { ...axis, integer: true } : axis;
  return requireAxis(name, whole);
}

function number(name: string, text: string, whole: string): number {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw refused(name, whole, 'values separated by commas, or a range such as log:1e-4..1e-2');
}

function distinct(name: string, values: readonly unknown[]): readonly unknown[] {
  const texts = values.map((value) => JSON.stringify(value));
  const twice = texts.findIndex((text, i) => texts.indexOf(text) < i);
  if (twice < 0) return values;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: name,
    value: values[twice],
    problem: `${name} has the value ${texts[twice]} twice.`,
    fix: 'Give each value once.',
  });
}
