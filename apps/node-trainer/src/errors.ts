import { HarmonicError, type HarmonicErrorCode } from '@harmonic-mlp/core';

/**
 * What went wrong in this program, in addition to the codes of the packages.
 *
 * - `BACKEND_MISSING`: a backend cannot be used on this machine;
 * - `DEVICE_FAILED`: a device was lost, ran out of memory, or computes wrong results;
 * - `FOLDER_IN_USE`: another run is using the folder;
 * - `INSTALLATION_UNUSABLE`: an installation of TensorFlow is incomplete or damaged, or does not train;
 * - `INTERRUPTED`: the user ended it; what was done so far is kept;
 * - `OUT_OF_MEMORY`: the machine does not have the memory that this takes;
 * - `PROGRAM_FAILED`: another program failed, or could not be started;
 * - `QUEUE_FAILED`: the server of a queue refuses what it is asked;
 * - `UNREADABLE`: the system does not let a file or folder be read;
 * - `UNWRITABLE`: the system does not let a file or folder be written.
 */
export type TrainerErrorCode =
  | HarmonicErrorCode
  | 'BACKEND_MISSING'
  | 'DEVICE_FAILED'
  | 'FOLDER_IN_USE'
  | 'INSTALLATION_UNUSABLE'
  | 'INTERRUPTED'
  | 'OUT_OF_MEMORY'
  | 'PROGRAM_FAILED'
  | 'QUEUE_FAILED'
  | 'UNREADABLE'
  | 'UNWRITABLE';

/** The error class of the packages, with the codes of this program as well. */
export const TrainerError = HarmonicError<TrainerErrorCode>;
export type TrainerError = HarmonicError<TrainerErrorCode>;

/** Whether an error has one of these codes. */
export const hasCode = (error: unknown, ...codes: TrainerErrorCode[]): error is TrainerError =>
  HarmonicError.is(error) && (codes as string[]).includes(error.code);
