import { HarmonicError } from '@harmonic-mlp/core';
import { printable } from './safetensors';

/** The architecture of this package's own model, and of files that name none: they are older than the name. */
export const ownArchitecture = 'HarmonicMLP';

/** The architecture of a model that names none. */
export const unnamedArchitecture = 'custom';

/**
 * Checks that a file holds the kind of model that is asked for.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it holds another.
 */
export function requireArchitecture(found: string = ownArchitecture, wanted: string): void {
  if (found === wanted) return;
  const [theirs, ours] = [found, wanted].map((name) => JSON.stringify(printable(name)));
  throw new HarmonicError('INVALID_DATA', {
    argument: 'architecture',
    value: found,
    allowed: ours,
    problem: `This file holds a model of the architecture ${theirs}, not ${ours}.`,
    fix: `Resume a model of that architecture, or read the file with readCheckpoint(file, ${theirs}).`,
  });
}
