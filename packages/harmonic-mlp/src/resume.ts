import { HarmonicError } from '@harmonic-mlp/core';
import type { HarmonicMLPConfig } from './config';
import { decodeModelFile } from './model-file';
import { type Progress, readProgress } from './progress';
import type { StoredTensor } from './safetensors';

/** What a checkpoint holds, decoded. */
export interface Checkpoint {
  tensors: Record<string, StoredTensor>;
  progress: Progress;
}

/**
 * Reads a checkpoint of a model of a given configuration.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is none, or of another model; `INVALID_ARGUMENT` when it is no bytes.
 */
export function readCheckpoint(
  bytes: Uint8Array | ArrayBuffer,
  config: Readonly<HarmonicMLPConfig>,
): Checkpoint {
  const file = decodeModelFile(bytes);
  const progress = readProgress(file.metadata);
  if (progress === undefined) {
    throw new HarmonicError(
      'INVALID_DATA',
      'This file holds a model, but no training run to resume. Use a file that a checkpoint of fit gave.',
    );
  }
  for (const name of Object.keys(config) as (keyof typeof config)[]) {
    const [stored, own] = [file.config[name], config[name]].map((value) => JSON.stringify(value));
    if (stored === own) continue;
    throw new HarmonicError(
      'INVALID_DATA',
      `The checkpoint's model has ${name} ${stored}, this one ${own}; to go on, they must be the same.`,
    );
  }
  return { tensors: file.tensors, progress };
}

/** What two runs must have in common for one to go on with the other. */
type RunIdentity = Required<Pick<Progress, 'seed' | 'batchSize' | 'dropLast' | 'size' | 'stepsPerEpoch'>>;

/** @throws {HarmonicError} `INVALID_DATA` when a checkpoint's run is not the one that is to go on. */
export function requireSameRun({ dropLast = false, ...saved }: Progress, run: RunIdentity): void {
  const stored = { dropLast, ...saved };
  for (const name of ['seed', 'batchSize', 'dropLast', 'size', 'stepsPerEpoch'] as const) {
    if (stored[name] === run[name] || stored[name] === undefined) continue;
    throw new HarmonicError(
      'INVALID_DATA',
      `The checkpoint's run has ${name} ${stored[name]}, this one ${run[name]}; to go on, they must be the same.`,
    );
  }
}
