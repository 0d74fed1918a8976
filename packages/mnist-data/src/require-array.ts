import { HarmonicError } from '@harmonic-mlp/core';

/** Checks that a value is an array of one of the named types. */
export function requireArray(name: string, value: unknown, types: readonly string[]): void {
  // Not instanceof, which fails for arrays of another realm (an iframe, a test runner's sandbox).
  const type = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (types.includes(type)) return;
  throw new HarmonicError('INVALID_ARGUMENT', `${name} is ${type}; it must be a ${types.join(' or a ')}.`);
}
