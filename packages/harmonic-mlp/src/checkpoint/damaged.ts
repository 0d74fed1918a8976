import { HarmonicError } from '@harmonic-mlp/core';
import { printable } from './safetensors';

/**
 * The error for a part of a file that is not as it was written.
 *
 * @param path where it is in the file: `config`, `training.schedule`.
 * @param name what people call it: `The model file's configuration`.
 * @param cause what is wrong with it.
 */
export function damaged(path: string, name: string, cause: unknown): HarmonicError {
  const { argument, value, allowed } = (HarmonicError.is(cause) ? cause : {}) as Partial<HarmonicError>;
  return new HarmonicError(
    'INVALID_DATA',
    {
      argument: argument === undefined ? path : `${path}.${argument}`,
      value,
      allowed,
      problem: `${name} is damaged: ${printable((cause as Error).message, 300)}`,
      fix: 'Use another copy of the file.',
    },
    { cause },
  );
}
