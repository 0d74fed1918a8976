import { HarmonicError } from '@harmonic-mlp/core';

/** Reads something from a file, which errors then name. */
export function inFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw HarmonicError.is(error) ? error.with({ file }) : error;
  }
}
