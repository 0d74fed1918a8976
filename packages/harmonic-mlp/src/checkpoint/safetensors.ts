import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import { decodeUtf8, encodeUtf8 } from './utf8';

/** A named float32 array with its shape. */
export interface StoredTensor {
  /** Its shape. */
  shape: number[];
  /** Its values, row-major. */
  data: Float32Array;
}

/** The contents of a safetensors file. */
export interface SafetensorsFile {
  tensors: Record<string, StoredTensor>;
  metadata: Record<string, string>;
}

/**
 * Writes a safetensors file (the format of huggingface/safetensors): the length of the header as a little-endian unsigned
 * 64-bit integer; the header as JSON, padded with spaces to a multiple of 8 bytes; then the bytes of the tensors, without gaps.
 */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let size = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [size, size + data.byteLength] };
    size += data.byteLength;
  }
  const text = encodeUtf8(JSON.stringify(header));
  const headerSize = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerSize + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerSize), true);
  bytes.fill(0x20, 8, 8 + headerSize);
  bytes.set(text, 8);
  let offset = 8 + headerSize;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/** Text from a file, fit for an error message: cut to a length, and without control characters. */
export const printable = (text: string, most = 60): string =>
  (text.length > most ? `${text.slice(0, most)}…` : text).replace(/\p{C}/gu, '\ufffd');

/**
 * The bytes of a file, given as a Uint8Array (such as a Node Buffer) or a whole ArrayBuffer.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else.
 */
export function requireBytes(file: Uint8Array | ArrayBuffer): Uint8Array {
  // Not instanceof, which fails for arrays of another realm (an iframe, a test runner's sandbox).
  const kind = Object.prototype.toString.call(file).slice(8, -1);
  if (kind === 'Uint8Array') return file as Uint8Array;
  if (kind === 'ArrayBuffer') return new Uint8Array(file as ArrayBuffer);
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'file',
    value: file,
    allowed: 'a Uint8Array or an ArrayBuffer',
    problem: `The file must be given as a Uint8Array or an ArrayBuffer, but is ${describeValue(file)}.`,
    fix: 'Pass its bytes: await readFile(path) of node:fs/promises, or await response.arrayBuffer().',
  });
}

const broken = (what: string, cause?: unknown) =>
  new HarmonicError(
    'INVALID_DATA',
    {
      problem: `This is not a whole safetensors file: ${what}. It is truncated, or of another kind.`,
      fix: 'Save or fetch it again.',
    },
    { cause },
  );

/**
 * Reads a safetensors file of float32 tensors.
 *
 * @throws {HarmonicError} `INVALID_DATA` for anything else: another format, a file that is too short or too long, tensors that
 *   overlap, leave gaps, or do not fit their shapes, another element type; `INVALID_ARGUMENT` if the file is not given as
 *   bytes.
 */
export function decodeSafetensors(file: Uint8Array | ArrayBuffer): SafetensorsFile {
  const bytes = requireBytes(file);
  if (bytes.length < 8) throw broken(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = view.getBigUint64(0, true);
  if (headerSize > BigInt(bytes.length - 8)) {
    throw broken(`its header should be ${headerSize} bytes long, but only ${bytes.length - 8} follow`);
  }
  const dataStart = 8 + Number(headerSize);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, dataStart));
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw broken('its metadata is not a map of strings');
  }

  const tensors: [name: string, StoredTensor][] = [];
  const located = Object.entries(entries).map(([name, entry]) => ({ name, ...requireEntry(name, entry) }));
  located.sort((a, b) => a.start - b.start || a.end - b.end);
  let position = 0;
  for (const { name, shape, start, end } of located) {
    if (start !== position)
      throw broken(`tensor "${printable(name)}" starts at byte ${start} instead of ${position}`);
    position = end;
    if (dataStart + end > bytes.length) continue;
    // A copy, because a float32 view needs an aligned start. Not by slice, which makes a view of a Node Buffer.
    const data = new Float32Array((end - start) / 4);
    new Uint8Array(data.buffer).set(bytes.subarray(dataStart + start, dataStart + end));
    tensors.push([name, { shape, data }]);
  }
  if (dataStart + position !== bytes.length) {
    throw broken(`its tensors take ${position} bytes, but ${bytes.length - dataStart} follow the header`);
  }
  // Not by assignment, where a tensor called "__proto__" would set the object's prototype.
  return { tensors: Object.fromEntries(tensors), metadata: metadata as Record<string, string> };
}

/** A shape for a message: a file may claim any number of dimensions, so only the first eight are shown. */
export const showShape = (shape: number[]): string => `[${shape.slice(0, 8)}${shape.length > 8 ? ',…' : ''}]`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is an unsigned integer; JSON can spell −0, which the format's own reader refuses. */
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);

function parseHeader(text: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(decodeUtf8(text));
  } catch (cause) {
    throw broken('its header is not JSON', cause);
  }
  if (!isObject(header)) throw broken('its header is not a JSON object');
  return header;
}

function requireEntry(name: string, entry: unknown): { shape: number[]; start: number; end: number } {
  if (!isObject(entry)) throw broken(`tensor "${printable(name)}" has no description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') {
    throw new HarmonicError('INVALID_DATA', {
      argument: `${printable(name)}.dtype`,
      value: dtype,
      allowed: '"F32"',
      problem: `Tensor "${printable(name)}" has elements of type ${typeof dtype === 'string' ? printable(dtype) : 'unknown'}; only float32 (F32) is read.`,
      fix: 'Convert the file first.',
    });
  }
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw broken(`tensor "${printable(name)}" has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    throw broken(`tensor "${printable(name)}" has no valid data_offsets`);
  }
  const size = 4 * shape.reduce((product, dimension) => product * dimension, 1);
  if (offsets[1] - offsets[0] !== size) {
    throw broken(
      `tensor "${printable(name)}" of shape ${showShape(shape)} has ${offsets[1] - offsets[0]} bytes instead of ${size}`,
    );
  }
  return { shape, start: offsets[0], end: offsets[1] };
}
