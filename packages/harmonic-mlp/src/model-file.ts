import { HarmonicError } from '@harmonic-mlp/core';
import { type Tensor, tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { type HarmonicMLPConfig, resolveConfig } from './config';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile, type StoredTensor } from './safetensors';

const format = 'harmonic-mlp';
const version = '1';

/** Writes a model's tensors and configuration, and what else a caller wants kept, as one safetensors file. */
export async function encodeModelFile(
  config: HarmonicMLPConfig,
  tensors: Record<string, Tensor>,
  metadata: Record<string, string> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const entries = Object.entries(tensors);
  const values = await Promise.all(entries.map(([, value]) => value.data<'float32'>()));
  const stored: Record<string, StoredTensor> = {};
  entries.forEach(([path, value], i) => {
    stored[path] = { shape: value.shape, data: values[i] };
  });
  return encodeSafetensors({
    tensors: stored,
    metadata: { ...metadata, format, version, config: JSON.stringify(config) },
  });
}

/**
 * Reads a file of {@link encodeModelFile}.
 *
 * @throws {HarmonicError} `INVALID_DATA` when it is not one.
 */
export function decodeModelFile(bytes: Uint8Array): SafetensorsFile & { config: HarmonicMLPConfig } {
  const file = decodeSafetensors(bytes);
  if (file.metadata.format !== format) {
    throw new HarmonicError(
      'INVALID_DATA',
      'This safetensors file was not saved by harmonic-mlp: its metadata has no format "harmonic-mlp".',
    );
  }
  if (file.metadata.version !== version) {
    throw new HarmonicError(
      'INVALID_DATA',
      `This model file has version ${file.metadata.version}, but this release reads version ${version}. Update harmonic-mlp.`,
    );
  }
  return { ...file, config: requireConfig(parseMetadata(file.metadata, 'config')) };
}

function requireConfig(stored: object): HarmonicMLPConfig {
  try {
    return resolveConfig(stored);
  } catch (cause) {
    const { message } = cause as Error;
    throw new HarmonicError('INVALID_DATA', `The model file's configuration is damaged: ${message}`, {
      cause,
    });
  }
}

/** A metadata entry's JSON object. */
export function parseMetadata(metadata: Record<string, string>, name: string): object {
  let value: unknown;
  try {
    value = JSON.parse(metadata[name]);
  } catch (cause) {
    throw new HarmonicError('INVALID_DATA', `The model file's "${name}" is missing or is not JSON.`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HarmonicError('INVALID_DATA', `The model file's "${name}" is not a JSON object.`);
  }
  return value;
}

/**
 * Assigns stored values to variables of the same paths.
 *
 * @throws {HarmonicError} `INVALID_DATA`, before anything is assigned, when one is missing or of another shape.
 */
export function assignStored(
  variables: Record<string, Variable>,
  stored: Record<string, StoredTensor>,
): void {
  const entries = Object.entries(variables);
  for (const [path, variable] of entries) {
    const found = stored[path]?.shape;
    if (found?.join() !== variable.shape.join()) {
      throw new HarmonicError(
        'INVALID_DATA',
        `The model file's "${path}" ${found === undefined ? 'is missing' : `has shape [${found}]`}; its configuration says [${variable.shape}].`,
      );
    }
  }
  for (const [path, variable] of entries) {
    tidy(() => variable.assign(tensor(stored[path].data, variable.shape)));
  }
}
