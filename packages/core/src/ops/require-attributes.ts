import { type Bounds, requireNumber, requireOptions } from '../requirements';

/**
 * What each attribute of an operation may be: the bounds of a number, or a check of its own that throws. The type holds it
 * to the attributes, so that none is forgotten.
 */
type AttributeChecks<A extends object> = {
  readonly [Name in keyof A]-?: A[Name] extends number
    ? Bounds
    : (argument: string, value: unknown) => unknown;
};

/**
 * Checks the attributes of an operation.
 *
 * @param example how the operation is called, for the message.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for one that is out of bounds or missing, and for one that is not known.
 */
export function requireAttributes<A extends object>(
  attributes: A,
  example: string,
  checks: AttributeChecks<A>,
): void {
  requireOptions('attributes', attributes, example, checks);
  for (const name in checks) {
    const check: Bounds | ((argument: string, value: unknown) => unknown) = checks[name];
    if (typeof check === 'function') check(name, attributes[name]);
    else requireNumber(name, attributes[name], check);
  }
}
