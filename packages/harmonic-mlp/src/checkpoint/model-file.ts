import { HarmonicError, requireOptions } from '@harmonic-mlp/core';
import { activations, layoutOf, requireRegistered } from '@harmonic-mlp/harmonic-layer';
import { type Tensor, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import {
  encodedSizeOf,
  type HarmonicMLPConfig,
  hyperparametersOf,
  type Model,
  outputSizeOf,
  resolveConfig,
} from '../model';
import { ownArchitecture, requireArchitecture, unnamedArchitecture } from './architecture';
import { checksumOf, requireIntact } from './checksum';
import { damaged } from './damaged';
import {
  decodeSafetensors,
  encodeSafetensors,
  printable,
  type SafetensorsFile,
  type StoredTensor,
  showShape,
} from './safetensors';
import { isReadable, version } from './upgrade';

const format = 'harmonic-mlp';

/**
 * Writes a model's tensors, configuration, and other metadata as one safetensors file.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` if the metadata are not strings, which readers of the format would refuse.
 */
export async function encodeModelFile(
  { architecture = unnamedArchitecture, config }: Pick<Model, 'architecture' | 'config'>,
  tensors: Record<string, Tensor>,
  metadata: Record<string, string> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  for (const [name, value] of Object.entries(requireOptions('metadata', metadata, "{ note: 'first try' }"))) {
    if (typeof value === 'string') continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: `metadata.${name}`,
      value,
      allowed: 'a string; JSON.stringify makes one of any value',
    });
  }
  const entries = Object.entries(tensors);
  const values = await Promise.all(entries.map(([, value]) => value.data<'float32'>()));
  const stored: Record<string, StoredTensor> = {};
  entries.forEach(([path, value], i) => {
    stored[path] = { shape: value.shape, data: values[i] };
  });
  const file: SafetensorsFile = {
    tensors: stored,
    metadata: { ...metadata, format, version, architecture, config: JSON.stringify(config) },
  };
  file.metadata.checksum = checksumOf(file);
  return encodeSafetensors(file);
}

/** A decoded file. */
export interface ModelFile<Config extends object> extends SafetensorsFile {
  readonly architecture: string;
  readonly config: Config;
}

/**
 * Reads a file made by {@link encodeModelFile}. The weights that a `HarmonicMLP`'s configuration requires are known to be
 * there, so a model made from the file takes no more memory than the size of the file allows.
 *
 * @param architecture the kind of model that it must hold.
 * @throws {HarmonicError} `INVALID_DATA` if it is not such a file, was damaged since, or holds another architecture;
 *   `INVALID_ARGUMENT` if it is not bytes.
 */
export function decodeModelFile<Config extends object = HarmonicMLPConfig>(
  bytes: Uint8Array | ArrayBuffer,
  architecture = ownArchitecture,
): ModelFile<Config> {
  const file = decodeSafetensors(bytes);
  const { metadata } = file;
  if (metadata.format !== format) {
    throw new HarmonicError('INVALID_DATA', {
      argument: 'metadata.format',
      value: metadata.format,
      allowed: `"${format}"`,
      problem: `This safetensors file was not saved by harmonic-mlp: its metadata has no format "${format}".`,
      fix: 'Use a file made by toBytes or checkpoint.',
    });
  }
  if (!isReadable(metadata.version)) {
    throw new HarmonicError('INVALID_DATA', {
      argument: 'metadata.version',
      value: metadata.version,
      allowed: `a version up to ${version}`,
      problem: `This model file has version ${printable(String(metadata.version))}, but this release reads versions up to ${version}.`,
      fix: 'Update harmonic-mlp.',
    });
  }
  requireIntact(file);
  requireArchitecture(metadata.architecture, architecture);
  const stored = parseMetadata(metadata, 'config');
  if (architecture !== ownArchitecture) return { ...file, architecture, config: stored as Config };
  const config = requireConfig(stored);
  requireKernels(config, file.tensors);
  return { ...file, architecture, config: config as object as Config };
}

function requireConfig(stored: object): HarmonicMLPConfig {
  const { activation, periods } = stored as Partial<HarmonicMLPConfig>;
  // Before the rest: what is not registered has hyperparameters that nothing else knows.
  for (const each of Array.isArray(periods) ? periods : [undefined])
    requireRegistered({ activation, periods: each }, 'The model file', 'config.');
  try {
    return resolveConfig({ ...stored });
  } catch (cause) {
    throw damaged('config', "The model file's configuration", cause);
  }
}

function requireKernels(config: HarmonicMLPConfig, stored: Record<string, StoredTensor>): void {
  const { hidden, activation } = config;
  const sizes = [encodedSizeOf(config), ...hidden];
  for (const [i, units] of hidden.entries()) {
    const { columns } = layoutOf(activations[activation], units, hyperparametersOf(config));
    requireStored(stored, `hidden.${i}/kernel`, [sizes[i], columns]);
  }
  requireStored(stored, 'output/kernel', [sizes.at(-1)!, outputSizeOf(config)]);
}

function requireStored(stored: Record<string, StoredTensor>, path: string, shape: number[]): void {
  const found = stored[path]?.shape;
  if (found?.join() === shape.join()) return;
  throw new HarmonicError('INVALID_DATA', {
    argument: path,
    value: found,
    allowed: `of shape [${shape}]`,
    problem: `The model file's "${path}" ${found === undefined ? 'is missing' : `has shape ${showShape(found)}`}; its configuration says [${shape}].`,
    fix: 'Use another copy of the file.',
  });
}

/** The JSON object in a metadata entry. */
export function parseMetadata(metadata: Record<string, string>, name: string): object {
  let value: unknown;
  try {
    value = JSON.parse(metadata[name]);
  } catch (cause) {
    throw notAnObject('is missing or is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw notAnObject('is not a JSON object');
  return value;

  function notAnObject(what: string, cause?: unknown): HarmonicError {
    const fields = { argument: `metadata.${name}`, value: metadata[name], allowed: 'a JSON object' };
    return new HarmonicError(
      'INVALID_DATA',
      { ...fields, problem: `The model file's "${name}" ${what}.`, fix: 'Use another copy of the file.' },
      { cause },
    );
  }
}

/**
 * Checks that there are stored values for all variables, by path.
 *
 * @throws {HarmonicError} `INVALID_DATA` if one is missing or has another shape.
 */
export function requireAllStored(
  variables: Record<string, Variable>,
  stored: Record<string, StoredTensor>,
): void {
  for (const [path, variable] of Object.entries(variables)) requireStored(stored, path, variable.shape);
}

/**
 * Assigns stored values to the variables with the same paths.
 *
 * @throws {HarmonicError} `INVALID_DATA`, before anything is assigned, if one is missing or has another shape.
 */
export function assignStored(
  variables: Record<string, Variable>,
  stored: Record<string, StoredTensor>,
): void {
  requireAllStored(variables, stored);
  for (const [path, variable] of Object.entries(variables)) {
    tidy(() => variable.assign(tensor(stored[path].data, variable.shape)));
  }
}
