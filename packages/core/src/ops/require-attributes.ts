import { HarmonicError } from '../errors';
import { type Bounds, requireNumber, requireOptions } from '../requirements';

/**
 * What each attribute of an operation may be: the bounds of a number, or a function that throws. The type makes sure that
 * none is forgotten.
 */
type AttributeChecks<A extends object> = {
  readonly [Name in keyof A]-?: A[Name] extends number
    ? Bounds
    : (argument: string, value: unknown) => unknown;
};

/**
 * Checks the attributes of an operation.
 *
 * @param example an example call of the operation, for the message.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for one that is missing, out of bounds, or unknown.
 */
export function requireAttributes<A extends object>(
  attributes: A,
  example: string,
  checks: AttributeChecks<A>,
): void {
  // Every call of an operation comes through here, so the common case must be cheap.
  if (!hasOnly(attributes, checks)) requireOptions('attributes', attributes, example, checks);
  for (const name in checks) {
    const check: Bounds | ((argument: string, value: unknown) => unknown) = checks[name];
    if (typeof check === 'function') check(name, attributes[name]);
    else requireNumber(name, attributes[name], check);
  }
}

/** Whether a value is a plain object without unknown names. */
function hasOnly(value: object, known: object): boolean {
  if (value?.constructor !== Object) return false;
  for (const name in value) if (!Object.hasOwn(known, name)) return false;
  return true;
}

/** Checks that an attribute is the shape of a matrix. */
export function requireLengths(argument: string, value: unknown): void {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed: 'an array of two lengths' });
  }
  for (const [axis, length] of value.entries())
    requireNumber(`${argument}[${axis}]`, length, { integer: true, min: 0 });
}
