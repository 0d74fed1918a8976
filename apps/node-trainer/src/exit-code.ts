import { HarmonicError } from '@harmonic-mlp/core';
import type { TrainerErrorCode } from './errors';

/** What the process exits with. */
export const ExitCode = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** What it exits with for the errors that are not failures. */
const exitCodes: { readonly [Code in TrainerErrorCode]?: number } = {
  INVALID_ARGUMENT: ExitCode.usage,
  INTERRUPTED: ExitCode.interrupted,
};

/** What the process exits with when an error ends it. */
export const exitCodeOf = (error: unknown): number =>
  (HarmonicError.is(error) ? exitCodes[error.code] : undefined) ?? ExitCode.failure;
