import { HarmonicError } from '@harmonic-mlp/core';

/** The error that a call throws, which must be a `HarmonicError`. */
export function errorOf(call: () => unknown): HarmonicError {
  try {
    call();
  } catch (error) {
    if (HarmonicError.is(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
