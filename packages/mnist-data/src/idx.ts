import { HarmonicError, type KnownOptions, option, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { invalidFile } from './file-errors';
import { nodeModule } from './platform';
import { type Bytes, requireBytes, unshared } from './require-array';

/** The supported element types of IDX files. */
export type IdxType = 'uint8' | 'int32';

/** The array of an IDX file. */
export interface Idx<Type extends IdxType = 'uint8'> {
  /** The dimensions, outermost first: `[60000, 28, 28]` for MNIST's training images. */
  shape: number[];
  /**
   * The elements in row-major order: for uint8, a view of the file's bytes; for int32, a copy in the platform's byte order.
   */
  data: Type extends 'int32' ? Int32Array : Uint8Array;
}

/** Settings of {@link parseIdx}. */
export interface ParseIdxOptions<Type extends IdxType = 'uint8'> {
  /** The element types to accept. Default `['uint8']`. */
  types?: readonly Type[];
}

/** Settings of {@link readIdx}. */
export interface ReadIdxOptions<Type extends IdxType = 'uint8'> extends ParseIdxOptions<Type> {
  /** The maximum number of uncompressed bytes to accept, at least 1. Default 2^30 (1 GiB). */
  maxBytes?: number;
}

/** The contents of the header of an IDX file. */
interface Header {
  type: IdxType;
  shape: number[];
  /** The number of bytes in the header, and in the elements that should follow it. */
  headerBytes: number;
  dataBytes: number;
}

const elementTypes: Record<number, string> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
};
/** The length of a header of rank 255. */
const longestHeader = 1024;
/** The number of compressed bytes to decompress at once. */
const pieceBytes = 2 ** 16;

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** `[2, 3]`. A corrupt header may claim 255 dimensions, of which showing eight is enough. */
const showShape = (shape: number[]): string =>
  `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''}]`;

/** Parses the header of a file from its first `bytes`, or from all of it if it is shorter than the longest header. */
function parseHeader(bytes: Uint8Array, name: string, types: readonly IdxType[]): Header {
  const [first, second, code, rank] = bytes;
  if (bytes.length > 1 && (first || second)) {
    throw invalidFile(
      name,
      `is not an IDX file: it begins with the bytes ${hex(first)} ${hex(second)}, expected 00 00`,
      isGzip(bytes)
        ? 'It is compressed with gzip: use readIdx, or decompress it first.'
        : 'It may be the error page of a failed download.',
    );
  }
  const headerBytes = 4 + 4 * (rank || 1);
  if (bytes.length < headerBytes) {
    throw invalidFile(
      name,
      `is cut short: it has ${bytes.length} bytes, and its header takes ${headerBytes}`,
    );
  }
  const type = elementTypes[code] as IdxType;
  if (!types.includes(type)) {
    throw invalidFile(
      name,
      `holds elements of type ${type ?? 'unknown'} (0x${hex(code)}), expected ${types.join(' or ')}`,
      'Convert it.',
    );
  }
  if (rank === 0) throw invalidFile(name, 'has rank 0, expected at least one dimension');
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // Above 2^53, products of doubles are rounded, ultimately to infinity, but never back to the length of a real file.
  const elementBytes = type === 'int32' ? 4 : 1;
  const dataBytes = shape.includes(0)
    ? 0
    : shape.reduce((bytes, dimension) => bytes * dimension, elementBytes);
  return { type, shape, headerBytes, dataBytes };
}

const wrongLength = (name: string, { shape, dataBytes }: Header, problem: string): HarmonicError =>
  invalidFile(
    name,
    `is ${problem} bytes follow the header, expected ${dataBytes} for the shape ${showShape(shape)}`,
  );

const parsing: KnownOptions<ParseIdxOptions> = { types: true };

/**
 * Parses an uncompressed IDX file strictly: the header must be well-formed, and the data exactly as long as it specifies.
 *
 * The format: two zero bytes; the element type, 0x08 for unsigned bytes and 0x0c for int32; the rank r ≥ 1; r dimensions,
 * each a big-endian unsigned 32-bit integer; then the elements in row-major order, big-endian. No memory is allocated based
 * on the header alone.
 *
 * @param file the complete file, as bytes.
 * @param name the name of the file in errors.
 * @returns the shape and the elements: uint8 as a view of the file, int32 as a copy.
 * @throws {HarmonicError} `INVALID_DATA` if the file is not an IDX file, has another element type, is truncated, or is too
 *   long; `INVALID_ARGUMENT` if it is not given as bytes.
 * @see Y. LeCun, C. Cortes, and C. J. C. Burges, "The MNIST database of handwritten digits", section "file formats".
 * @example
 * ```ts
 * const { shape, data } = parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), 'labels');
 * shape; // => [ 2 ]
 * data; // => Uint8Array(2) [ 7, 9 ]
 * ```
 */
export function parseIdx<Type extends IdxType = 'uint8'>(
  file: Bytes,
  name: string,
  options?: ParseIdxOptions<Type>,
): Idx<Type> {
  const example = "parseIdx(file, 'labels', { types: ['uint8'] })";
  const { types = ['uint8' as Type] } = requireOptions('options', options, example, parsing);
  const bytes = requireBytes('file', file, name);
  const header = parseHeader(bytes, name, types);
  const { type, shape, headerBytes, dataBytes } = header;
  const length = bytes.length - headerBytes;
  if (length !== dataBytes) {
    throw wrongLength(name, header, `${length < dataBytes ? 'cut short' : 'too long'}: ${length}`);
  }
  if (type === 'uint8') return { shape, data: bytes.subarray(headerBytes) } as Idx<Type>;
  const view = new DataView(bytes.buffer, bytes.byteOffset + headerBytes);
  const data = new Int32Array(length / 4);
  for (let i = 0; i < data.length; i++) data[i] = view.getInt32(4 * i);
  return { shape, data } as Idx<Type>;
}

/**
 * Returns the uncompressed bytes of a file that may be compressed with gzip, as indicated by its first two bytes. The
 * checksums of data sets refer to these bytes. Uses the platform's `DecompressionStream`, in both browsers and Node. The
 * treatment of anything after the compressed data depends on the platform: Node 20 reads several consecutive gzip members as
 * one file; all others reject them.
 *
 * @param file the complete file, as bytes; returned unchanged if it is not compressed.
 * @param name the name of the file in errors.
 * @param maxBytes the maximum number of uncompressed bytes to accept. Default 2^30 (1 GiB). Decompression stops there, so
 *   that a small malicious file cannot fill up memory.
 * @param idxTypes if given, the file must be an IDX file of one of these element types: decompression also stops if the
 *   header says otherwise, and where the header says that the file ends.
 * @throws {HarmonicError} `INVALID_DATA` if the file is longer than `maxBytes` or its header allows, truncated, or corrupt;
 *   `INVALID_ARGUMENT` if it is not given as bytes, or if `maxBytes` is not a positive integer; `UNSUPPORTED` if the platform
 *   cannot decompress.
 */
export async function decompress(
  file: Bytes,
  name: string,
  maxBytes: number = 2 ** 30,
  idxTypes?: readonly IdxType[],
): Promise<Uint8Array> {
  const bytes = requireBytes('file', file, name);
  requireNumber('maxBytes', maxBytes, { integer: true, min: 1 });
  const chunks: Uint8Array[] = [];
  let length = 0;
  let header: Header | undefined;
  for await (const chunk of isGzip(bytes) ? gunzip(bytes, name) : [bytes]) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) {
      throw invalidFile(
        name,
        `has more than ${maxBytes} uncompressed bytes`,
        `Raise ${option('maxBytes')} if you trust the file.`,
      );
    }
    if (idxTypes !== undefined && header === undefined && length >= longestHeader) {
      header = parseHeader(concatenate(chunks), name, idxTypes);
    }
    if (header !== undefined && length > header.headerBytes + header.dataBytes) {
      throw wrongLength(name, header, `too long: at least ${length - header.headerBytes}`);
    }
  }
  return concatenate(chunks);
}

async function* gunzip(bytes: Uint8Array, name: string): AsyncGenerator<Uint8Array, void> {
  const Decompression = globalThis.DecompressionStream ?? nodeModule('stream/web')?.DecompressionStream;
  if (Decompression === undefined) {
    throw new HarmonicError('UNSUPPORTED', {
      file: name,
      problem: 'The file is compressed with gzip, and there is no DecompressionStream here.',
      fix: 'Pass the uncompressed file.',
    });
  }
  const { readable, writable } = new Decompression('gzip');
  const reader = readable.getReader();
  const writer = writable.getWriter();
  // Piece by piece, so that no more is decompressed than is read. Errors surface in the reader.
  const write = async () => {
    const content = unshared(bytes);
    for (let at = 0; at < content.length; at += pieceBytes) {
      await writer.ready;
      await writer.write(content.subarray(at, at + pieceBytes));
    }
    await writer.close();
  };
  const written = write().catch((error) => ({ error }));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    const failure = await written;
    if (failure) throw failure.error;
  } catch (cause) {
    throw invalidFile(name, 'is compressed with gzip, and cut short or corrupt', undefined, cause);
  } finally {
    // Some platforms reject canceling a half-read stream, which does not matter here.
    reader.cancel().catch(() => {});
  }
}

/** Joins the parts of a file. */
export function concatenate(chunks: Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/**
 * Reads an IDX file, plain or compressed with gzip, like {@link parseIdx}. A compressed file is decompressed no further than
 * its header and `maxBytes` allow.
 *
 * @param file the complete file, as bytes.
 * @param name the name of the file in errors.
 * @throws {HarmonicError} `INVALID_DATA`, `INVALID_ARGUMENT`, and `UNSUPPORTED`, like {@link parseIdx} and
 *   {@link decompress}.
 * @example
 * ```ts
 * const response = await fetch('train-labels-idx1-ubyte.gz');
 * const { shape } = await readIdx(await response.arrayBuffer(), 'training labels');
 * shape; // => [ 60000 ]
 * ```
 */
export async function readIdx<Type extends IdxType = 'uint8'>(
  file: Bytes,
  name: string,
  options?: ReadIdxOptions<Type>,
): Promise<Idx<Type>> {
  const example = "readIdx(file, 'labels', { types: ['uint8'] })";
  const known: KnownOptions<ReadIdxOptions> = { ...parsing, maxBytes: true };
  const { types = ['uint8' as Type], maxBytes } = requireOptions('options', options, example, known);
  return parseIdx(await decompress(file, name, maxBytes, types), name, { types });
}
