import { describeValue, HarmonicError } from '@harmonic-mlp/core';

/**
 * Checks that a value has methods.
 *
 * @param argument its name in the error.
 * @param allowed what it must be.
 * @throws {HarmonicError} `INVALID_ARGUMENT`, naming those that an object lacks.
 */
export function requireMethods(
  argument: string,
  value: unknown,
  methods: readonly string[],
  allowed: string,
): void {
  const missing = methods.filter((name) => typeof Object(value)[name] !== 'function');
  if (missing.length === 0) return;
  const lack = typeof value === 'object' && value !== null ? ` without ${missing.join(', ')}` : '';
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument,
    value,
    allowed,
    problem: `${argument} is ${describeValue(value)}${lack}; it must be ${allowed}.`,
  });
}
