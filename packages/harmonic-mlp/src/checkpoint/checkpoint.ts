import type { HarmonicMLPConfig } from '../model';
import type { EpochRecord, Position } from '../records';
import { ownArchitecture, requireArchitecture } from './architecture';
import { decodeModelFile, type ModelFile, parseMetadata } from './model-file';
import type { OptimizerSettings } from './optimizer-settings';
import { type Progress, requireProgress } from './progress';
import type { StoredTensor } from './safetensors';
import { upgradeProgress } from './upgrade';

/** What a model file says about its model, besides the weights. */
export interface ModelFileInfo<Config extends object = HarmonicMLPConfig> {
  /** The kind of model: `HarmonicMLP`, or what another {@link Model} is called by. */
  readonly architecture?: string;
  /** The model's complete configuration. */
  readonly config: Config;
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
export interface Checkpoint<Config extends object = HarmonicMLPConfig> extends ModelFileInfo<Config> {
  /** The weights, and what the optimizer and callbacks keep, by path. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Where the run stands; undefined for a model alone. */
  readonly progress: Progress | undefined;
}

/**
 * Decodes a file of `toBytes` or of a checkpoint, of this or an earlier release.
 *
 * @param file all of its bytes; what is decoded already is given back.
 * @throws {HarmonicError} `INVALID_DATA` when it is not such a file, or of another architecture than `HarmonicMLP`;
 *   `INVALID_ARGUMENT` when it is not bytes.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 *
 * const checkpoint = readCheckpoint(await readFile('last.safetensors'));
 * const model = HarmonicMLP.fromBytes(checkpoint);
 * await model.fit(train, { epochs: checkpoint.history.length + 1, resume: checkpoint });
 * ```
 */
export function readCheckpoint(file: Uint8Array | ArrayBuffer | Checkpoint): Checkpoint;
/**
 * Decodes a checkpoint of another {@link Model}.
 *
 * @param architecture what the model is called by: `custom` where it has no `architecture`.
 */
export function readCheckpoint<Config extends object>(
  file: Uint8Array | ArrayBuffer | Checkpoint<Config>,
  architecture: string,
): Checkpoint<Config>;
export function readCheckpoint(
  file: Uint8Array | ArrayBuffer | Checkpoint<object>,
  architecture?: string,
): Checkpoint<object> {
  const model = decodeModel(file, architecture);
  if (isDecoded(model)) return model;
  const { training, version } = model.metadata;
  if (training === undefined) return { ...model, history: [], isCheckpoint: false, progress: undefined };
  const progress = requireProgress(upgradeProgress(version, parseMetadata(model.metadata, 'training')));
  const { history, epoch, step, stepsPerEpoch, optimizerSettings, initialLearningRate } = progress;
  return {
    ...model,
    progress,
    history,
    isCheckpoint: true,
    position: { epoch, step, stepsPerEpoch },
    ...(optimizerSettings && { optimizer: optimizerSettings }),
    ...(initialLearningRate !== undefined && { initialLearningRate }),
  };
}

// By its shape, so that another copy of this package may have decoded it.
const isDecoded = <Config extends object>(file: unknown): file is Checkpoint<Config> =>
  typeof Object(file).tensors === 'object' && typeof Object(file).isCheckpoint === 'boolean';

/** The model of a file, whatever it says of a run. */
export function decodeModel<Config extends object = HarmonicMLPConfig>(
  file: Uint8Array | ArrayBuffer | Checkpoint<Config>,
  architecture = ownArchitecture,
): ModelFile<Config> | Checkpoint<Config> {
  if (!isDecoded<Config>(file)) return decodeModelFile<Config>(file, architecture);
  requireArchitecture(file.architecture, architecture);
  return file;
}

/**
 * Reads what a file of `toBytes` or of a checkpoint says about its model, without making one.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is not such a file, `INVALID_ARGUMENT` when it is not bytes.
 */
export function inspectModelFile(file: Uint8Array | ArrayBuffer | Checkpoint): ModelFileInfo {
  const { tensors: _, progress: __, ...info } = readCheckpoint(file);
  return info;
}
