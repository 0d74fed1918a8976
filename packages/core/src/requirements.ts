import { HarmonicError, option } from './errors';
import { nearestName } from './nearest-name';

/** The bounds of a number; none by default. */
export interface Bounds {
  /** The smallest value allowed. */
  min?: number;
  /** The largest value allowed. */
  max?: number;
  /** An exclusive lower bound. */
  above?: number;
  /** An exclusive upper bound. */
  below?: number;
  /** Whether it must be an integer. */
  integer?: boolean;
}

/** Describes what bounds allow, such as `an integer at least 1`. */
export function describeBounds({
  min = -Infinity,
  max = Infinity,
  above = -Infinity,
  below = Infinity,
  integer = false,
}: Bounds): string {
  const bounds = [
    min > -Infinity && `at least ${min}`,
    above > -Infinity && `greater than ${above}`,
    max < Infinity && `at most ${max}`,
    below < Infinity && `less than ${below}`,
  ].filter(Boolean);
  return `${integer ? 'an integer' : 'a finite number'}${bounds.length > 0 ? ` ${bounds.join(' and ')}` : ''}`;
}

/**
 * Checks that a number lies within bounds, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the argument, its value, and what is allowed.
 */
export function requireNumber(argument: string, value: unknown, bounds: Bounds): number {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity, integer = false } = bounds;
  const number = value as number; // Nothing other than a number is finite.
  const fits =
    Number.isFinite(number) &&
    (!integer || Number.isSafeInteger(number)) &&
    number >= min &&
    number <= max &&
    number > above &&
    number < below;
  if (fits) return number;
  throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed: describeBounds(bounds) });
}

/**
 * Checks that a value is one of a list, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the argument, its value, the choices, and the nearest one.
 */
export function requireOneOf<const T extends string>(
  argument: string,
  value: unknown,
  choices: readonly T[],
): T {
  if (choices.includes(value as T)) return value as T;
  const near = typeof value === 'string' ? nearestName(value, choices) : undefined;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument,
    value,
    allowed: `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`,
    ...(near !== undefined && { fix: `Did you mean "${near}"?` }),
  });
}

/**
 * The options that a function takes, by name: `{ epochs: true, batchSize: true }`. The type makes sure that none is
 * forgotten.
 */
export type KnownOptions<T extends object> = { readonly [Name in keyof T]-?: unknown };

/**
 * Checks that options are an object with known names, and returns them; undefined becomes an empty object. Names with the
 * value undefined or null are ignored, even unknown ones.
 *
 * @param argument the name of the options in the error.
 * @param example an example of how to pass them, for the message.
 * @param known the known names. Default: any.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else, such as a number or a tensor, and for an unknown name, with
 *   the nearest known one.
 */
export function requireOptions<T extends object>(
  argument: string,
  value: T | undefined,
  example: string,
  known?: KnownOptions<T>,
): T {
  if (value === undefined) return {} as T;
  const isPlain =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !('dataId' in value);
  if (!isPlain)
    throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed: `an object, as in ${example}` });
  if (known !== undefined) requireKnown(value, Object.keys(known), example);
  return value;
}

/** The options that are given, where null and undefined stand for none. */
export const withoutMissing = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value != null)) as T;

/**
 * Checks that all options have known names; those with the value undefined or null are ignored.
 *
 * @param example an example of how to pass them, for the message, such as `new Adam({ learningRate: 0.001 })`.
 * @param refused options that are known but not supported, and why.
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the option and the nearest known one.
 */
export function requireKnown(
  options: object,
  known: readonly string[],
  example: string,
  refused: { readonly [name: string]: string } = {},
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const value: unknown = (options as Record<string, unknown>)[name];
    if (value == null) continue;
    const taker = /(?:new )?([^(]*)/.exec(example)![1];
    if (Object.hasOwn(refused, name)) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: name,
        value,
        problem: `${taker} does not support ${option(name)}: ${refused[name]}`,
      });
    }
    const near = nearestName(name, known);
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      value,
      allowed: `one of ${known.join(', ')}`,
      problem: `${taker} has no option ${JSON.stringify(name)}.`,
      fix: near === undefined ? `It takes ${known.map(option).join(', ')}.` : `Did you mean ${option(near)}?`,
    });
  }
}
