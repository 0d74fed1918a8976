import { HarmonicError } from '@harmonic-mlp/core';

/**
 * Makes the error for a file that is not what it claims to be.
 *
 * @param problem a phrase to follow "The file".
 */
export const invalidFile = (
  file: string,
  problem: string,
  fix = 'Get the file again.',
  cause?: unknown,
): HarmonicError =>
  new HarmonicError('INVALID_DATA', { file, problem: `The file ${problem}.`, fix }, { cause });

/**
 * Makes the error for a file that is well-formed, but not the expected one.
 *
 * @param which the expected file, as a phrase to follow "the".
 * @param otherwise what to do if the file is meant to differ, as a phrase to follow "or".
 */
export const otherFile = (
  file: string,
  which: string,
  sum: string,
  expected: string,
  otherwise: string,
): HarmonicError =>
  new HarmonicError('CHECKSUM_MISMATCH', {
    file,
    value: sum,
    allowed: expected,
    problem: `The file is not the ${which}: its SHA-256 is ${sum}, expected ${expected}.`,
    fix: `Get the file again, or ${otherwise} if it is meant to differ.`,
  });
