import { HarmonicError, nearestName, option, requireNumber, requireOneOf } from '@harmonic-mlp/core';
import { refused } from '../refused';

/** Numbers between two ends, both of them included. */
export interface Range {
  /** The least value; greater than 0 on a logarithmic scale. */
  readonly from: number;
  /** The greatest value, more than `from`. */
  readonly to: number;
  /** Whether values, or their logarithms, are spread evenly. Default `'linear'`. */
  readonly scale?: 'linear' | 'log';
  /** Whether values are whole. Default false. */
  readonly integer?: boolean;
  /** For a grid: how many values, from `from` to `to`, at least 2. */
  readonly points?: number;
}

/** What a setting is varied over: a list of values, each plain JSON, or a range of numbers. */
export type Axis = readonly unknown[] | Range;

/** What is varied, by the names of the settings. */
export interface Axes {
  readonly [name: string]: Axis;
}

/** The values of a configuration: one of each axis. */
export type ValuesOf<A extends Axes> = {
  readonly [Name in keyof A]: A[Name] extends readonly (infer Value)[] ? Value : number;
};

/** Values by the names of their axes; an axis that does not apply has none. */
export type Values = Readonly<Record<string, unknown>>;

/** Whether an axis applies to a configuration, given the values of the others. */
export type Applies = (axis: string, values: Values) => boolean;

export const isRange = (axis: Axis): axis is Range => !Array.isArray(axis);

const known = ['from', 'to', 'scale', 'integer', 'points'];

/**
 * Checks an axis, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the part that is wrong.
 */
export function requireAxis(name: string, axis: unknown): Axis {
  if (Array.isArray(axis)) {
    if (axis.length === 0) throw refused(name, axis, 'a list of at least one value', 'It is empty.');
    for (const [i, value] of axis.entries())
      if (!isJson(value)) throw refused(`${name}[${i}]`, value, 'a value that JSON has');
    return axis;
  }
  if (typeof axis !== 'object' || axis === null) {
    const allowed = 'a list of values, or a range such as { from: 0.0001, to: 0.01, scale: "log" }';
    throw refused(name, axis, allowed);
  }
  return requireRange(name, axis as Range);
}

function requireRange(name: string, range: Range): Range {
  requireKnownParts(name, range);
  const { from, to, scale = 'linear', integer = false, points } = range;
  requireOneOf(`${name}.scale`, scale, ['linear', 'log']);
  if (typeof integer !== 'boolean') throw refused(`${name}.integer`, integer, 'true or false');
  requireNumber(`${name}.from`, from, { integer, ...(scale === 'log' && { above: 0 }) });
  requireNumber(`${name}.to`, to, { integer });
  if (to <= from) throw refused(`${name}.to`, to, `more than from, which is ${from}`);
  const length = scale === 'log' ? Math.log(to) - Math.log(from) : to - from;
  // Ends that are so near or so far that rounding leaves no number between them.
  if (!(length > 0 && Number.isFinite(length)))
    throw refused(`${name}.to`, to, `${length > 0 ? 'nearer to' : 'farther from'} from, which is ${from}`);
  if (points !== undefined) requireNumber(`${name}.points`, points, { integer: true, min: 2, max: 10_000 });
  return range;
}

function requireKnownParts(name: string, range: object): void {
  for (const part of Object.keys(range)) {
    if (known.includes(part)) continue;
    const near = nearestName(part, known);
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      value: range,
      allowed: `a range of ${known.join(', ')}`,
      problem: `The range ${option(name)} has a part ${JSON.stringify(part)}.`,
      fix: near === undefined ? `Its parts are ${known.join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
}

/** Whether an axis has a value. */
export function hasValue(axis: Axis, value: unknown): boolean {
  if (!isRange(axis)) return axis.some((each) => keyOf(each) === keyOf(value));
  const { from, to, integer } = axis;
  return typeof value === 'number' && value >= from && value <= to && (!integer || Number.isInteger(value));
}

/** Whether JSON gives the same value back. */
export function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (Array.isArray(value)) return value.every(isJson);
  const isPlain = Object.prototype.toString.call(value) === '[object Object]';
  return isPlain && Object.values(value as object).every(isJson);
}

/** The same text for equal values of plain JSON, whatever the order of their names. */
export function keyOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyOf)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${keyOf(each)}`).sort()}}`;
}

/** The value at a place of a range, which goes from 0 to 1. */
export function valueAt({ from, to, scale, integer }: Range, place: number): number {
  if (place <= 0) return from;
  if (place >= 1) return to;
  const value =
    scale === 'log'
      ? Math.exp(Math.log(from) + place * (Math.log(to) - Math.log(from)))
      : from + place * (to - from);
  return within(from, integer ? wholeNumber(value) : withoutRounding(value), to);
}

/** A random value of a range, from a number of [0, 1), with the digits that matter. Each integer of a linear range is as likely as another. */
export function drawnFrom(range: Range, uniform: number): number {
  const { from, to, scale, integer } = range;
  if (!integer) return withoutDetail(range, valueAt(range, uniform));
  // An integer stands for the numbers that are rounded to it.
  return within(from, wholeNumber(valueAt({ from: from - 0.5, to: to + 0.5, scale }, uniform)), to);
}

/** A number of a range with 4 significant digits, or as many more as its ends have in common: 0.04872, or 1000.123 from 1000 to 1001. */
export function withoutDetail({ from, to }: Range, value: number): number {
  const inCommon = Math.floor(Math.log10(Math.max(Math.abs(from), Math.abs(to)) / (to - from)));
  return within(from, Number(value.toPrecision(Math.min(12, 4 + Math.max(0, inCommon)))), to);
}

/** Rounded, and never −0. */
const wholeNumber = (value: number): number => Math.round(value) + 0;

const within = (from: number, value: number, to: number): number => Math.min(to, Math.max(from, value));

/** Without the last digits, which come from rounding: 0.001 for 0.0010000000000000002. */
const withoutRounding = (value: number): number => Number(value.toPrecision(12));

/** Leaves out the values of axes that do not apply, those that depend on them included. */
export function applicable(values: Values, applies: Applies | undefined): Values {
  if (applies === undefined) return values;
  for (let left = values; ; ) {
    const fewer = Object.fromEntries(Object.entries(left).filter(([name]) => applies(name, left)));
    if (Object.keys(fewer).length === Object.keys(left).length) return left;
    left = fewer;
  }
}

/**
 * Checks axes, and returns them.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the axis.
 */
export function requireAxes(argument: string, axes: unknown): Axes {
  if (typeof axes !== 'object' || axes === null || Array.isArray(axes)) {
    const allowed = 'an object of lists and ranges, such as { hidden: [[128], [512, 256]] }';
    throw refused(argument, axes, allowed);
  }
  for (const [name, axis] of Object.entries(axes)) requireAxis(`${argument}.${name}`, axis);
  return axes as Axes;
}
