import type { HarmonicMLPConfig } from '../model';
import type { EpochRecord, Position } from '../records';
import { ownArchitecture, requireArchitecture } from './architecture';
import { decodeModelFile, type ModelFile, parseMetadata } from './model-file';
import type { OptimizerSettings } from './optimizer-settings';
import { type Progress, requireProgress } from './progress';
import type { StoredTensor } from './safetensors';
import { upgradeProgress } from './upgrade';

/** What a model file says about its model and run, apart from the weights. */
export interface ModelFileInfo<Config extends object = HarmonicMLPConfig> {
  /** The kind of model: `HarmonicMLP`, or the `architecture` of another {@link Model}. */
  readonly architecture?: string;
  /** The model's complete configuration. */
  readonly config: Config;
  /** The finished epochs of the checkpoint's run; empty for a model alone. */
  readonly history: EpochRecord[];
  /** Whether the file is a checkpoint, which `fit` can resume. */
  readonly isCheckpoint: boolean;
  /** The position of the checkpoint's run: the current epoch, and the steps done in it. */
  readonly position?: Position;
  /** The optimizer of the checkpoint's run, with its current rate; missing from files of earlier releases. */
  readonly optimizer?: OptimizerSettings;
  /** The learning rate that the checkpoint's run started with, or was last resumed with. */
  readonly initialLearningRate?: number;
  /** The strings in the file's metadata, such as those passed to `toBytes` or `checkpoint`. */
  readonly metadata: Record<string, string>;
}

/**
 * A decoded model file. `HarmonicMLP.fromBytes` makes its model, and `resume` of `fit` continues its run, without decoding the
 * file again.
 */
export interface Checkpoint<Config extends object = HarmonicMLPConfig> extends ModelFileInfo<Config> {
  /** The weights, and the state of the optimizer and the callbacks, by path. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** The state of the run; undefined for a model alone. */
  readonly progress: Progress | undefined;
}

/**
 * Decodes a file made by `toBytes` or `checkpoint`, in this release or an earlier one.
 *
 * @param file the bytes of the whole file; a file that is already decoded is returned as it is.
 * @throws {HarmonicError} `INVALID_DATA` if it is not such a file, or if its architecture is not `HarmonicMLP`;
 *   `INVALID_ARGUMENT` if it is not bytes.
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
 * @param architecture the model's `architecture`; `custom` if it has none.
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

/** The model of a file, whether or not it also holds a run. */
export function decodeModel<Config extends object = HarmonicMLPConfig>(
  file: Uint8Array | ArrayBuffer | Checkpoint<Config>,
  architecture = ownArchitecture,
): ModelFile<Config> | Checkpoint<Config> {
  if (!isDecoded<Config>(file)) return decodeModelFile<Config>(file, architecture);
  requireArchitecture(file.architecture, architecture);
  return file;
}

/**
 * Reads what a file made by `toBytes` or `checkpoint` says about its model, without making the model.
 *
 * @throws {HarmonicError} `INVALID_DATA` if it is not such a file; `INVALID_ARGUMENT` if it is not bytes.
 */
export function inspectModelFile(file: Uint8Array | ArrayBuffer | Checkpoint): ModelFileInfo {
  const { tensors: _, progress: __, ...info } = readCheckpoint(file);
  return info;
}
