import type { HarmonicMLPConfig } from '../model';
import type { EpochRecord, Position } from '../records';
import { decodeModelFile, parseMetadata } from './model-file';
import type { OptimizerSettings } from './optimizer-settings';
import { type Progress, requireProgress } from './progress';
import type { StoredTensor } from './safetensors';
import { upgradeProgress } from './upgrade';

/** What a model file says about its model, besides the weights. */
export interface ModelFileInfo {
  /** The model's complete configuration. */
  readonly config: HarmonicMLPConfig;
  /** The finished epochs of the run that it is a checkpoint of; empty for a model alone. */
  readonly history: EpochRecord[];
  /** Whether it is a checkpoint, which `fit` can resume. */
  readonly isCheckpoint: boolean;
  /** Where the run of a checkpoint stands: the current epoch, and the steps done in it. */
  readonly position?: Position;
  /** The optimizer of a checkpoint's run, with its current rate; files of earlier releases do not tell. */
  readonly optimizer?: OptimizerSettings;
  /** The learning rate that a checkpoint's run was started with, or was last told to go on with. */
  readonly initialLearningRate?: number;
  /** The strings in its metadata, such as those that were given to `toBytes` or `checkpoint`. */
  readonly metadata: Record<string, string>;
}

/**
 * A model file, decoded: `HarmonicMLP.fromBytes` makes its model, `fit`'s `resume` goes on with its run. Decoding it once and
 * handing it on spares decoding it for each.
 */
export interface Checkpoint extends ModelFileInfo {
  /** The weights, and what the optimizer and callbacks keep, by path. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Where the run stands; undefined for a model alone. */
  readonly progress: Progress | undefined;
}

/**
 * Decodes a file of `toBytes` or of a checkpoint, of this or an earlier release.
 *
 * @param file all of its bytes; what is decoded already is given back.
 * @throws {HarmonicError} `INVALID_DATA` when it is not such a file, `INVALID_ARGUMENT` when it is not bytes.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 *
 * const checkpoint = readCheckpoint(await readFile('last.safetensors'));
 * const model = HarmonicMLP.fromBytes(checkpoint);
 * await model.fit(train, { epochs: checkpoint.history.length + 1, resume: checkpoint });
 * ```
 */
export function readCheckpoint(file: Uint8Array | ArrayBuffer | Checkpoint): Checkpoint {
  if (isDecoded(file)) return file;
  const { config, tensors, metadata } = decodeModelFile(file);
  const { training, version } = metadata;
  if (training === undefined)
    return { config, tensors, metadata, history: [], isCheckpoint: false, progress: undefined };
  const progress = requireProgress(upgradeProgress(version, parseMetadata(metadata, 'training')));
  const { history, epoch, step, stepsPerEpoch, optimizerSettings, initialLearningRate } = progress;
  return {
    config,
    tensors,
    metadata,
    progress,
    history,
    isCheckpoint: true,
    position: { epoch, step, stepsPerEpoch },
    ...(optimizerSettings && { optimizer: optimizerSettings }),
    ...(initialLearningRate !== undefined && { initialLearningRate }),
  };
}

// By its shape, so that another copy of this package may have decoded it.
const isDecoded = (file: unknown): file is Checkpoint =>
  typeof Object(file).tensors === 'object' && typeof Object(file).config === 'object';

/** The model of a file, whatever it says of a run. */
export const decodeModel = (
  file: Uint8Array | ArrayBuffer | Checkpoint,
): Pick<Checkpoint, 'config' | 'tensors'> => (isDecoded(file) ? file : decodeModelFile(file));

/**
 * Reads what a file of `toBytes` or of a checkpoint says about its model, without making one.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is not such a file, `INVALID_ARGUMENT` when it is not bytes.
 */
export function inspectModelFile(file: Uint8Array | ArrayBuffer | Checkpoint): ModelFileInfo {
  const { tensors: _, progress: __, ...info } = readCheckpoint(file);
  return info;
}
