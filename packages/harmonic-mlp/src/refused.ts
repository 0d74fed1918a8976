import { HarmonicError } from '@harmonic-mlp/core';

/** The error for an argument that is not what it must be. */
export const refused = (argument: string, value: unknown, allowed: string, fix?: string): HarmonicError =>
  new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed, fix });
