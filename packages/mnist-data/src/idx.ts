import { HarmonicError, requireNumber } from '@harmonic-mlp/core';

/** An array of unsigned bytes, as an IDX file holds it. */
export interface Idx {
  /** The dimensions, outermost first: `[60000, 28, 28]` for MNIST's training images. */
  shape: number[];
  /** The elements in row-major order: a view of the file's bytes, not a copy. */
  data: Uint8Array;
}

const unsignedByte = 0x08;
const elementTypes: Record<number, string> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
};
const oneGibibyte = 2 ** 30;

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** `[2, 3]`; a corrupt header may claim 255 dimensions, of which eight are enough to read. */
const showShape = (shape: number[]): string =>
  `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''}]`;

const invalid = (message: string, cause?: unknown): HarmonicError =>
  new HarmonicError('INVALID_DATA', message, { cause });

function requireBytes(name: string, bytes: unknown): void {
  // Not instanceof, which fails for arrays of another realm (an iframe, a test runner's sandbox).
  if ((bytes as Uint8Array | undefined)?.[Symbol.toStringTag] === 'Uint8Array') return;
  const got = Object.prototype.toString.call(bytes).slice('[object '.length, -1);
  throw new HarmonicError(
    'INVALID_ARGUMENT',
    `${name} is given as ${got}; it must be a Uint8Array: new Uint8Array(buffer) makes one of an ArrayBuffer.`,
  );
}

/**
 * Reads an uncompressed IDX file of unsigned bytes, strictly: the header must be well formed and the data
 * exactly as long as it says.
 *
 * The format: two zero bytes; the element type, 0x08 for unsigned bytes; the rank r ≥ 1; r dimensions, each a
 * big-endian unsigned 32-bit integer; then the elements in row-major order. Nothing is allocated on the word
 * of the header.
 *
 * @param bytes the whole file.
 * @param name what error messages call the file.
 * @returns its shape, and its elements as a view of `bytes`.
 * @throws {HarmonicError} `INVALID_DATA` when the file is something else, of another element type, cut short or
 *   too long; `INVALID_ARGUMENT` when `bytes` is no Uint8Array.
 * @see Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", section "file
 *   formats".
 * @example
 * ```ts
 * parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), 'labels'); // { shape: [2], data: [7, 9] }
 * ```
 */
export function parseIdx(bytes: Uint8Array, name: string): Idx {
  requireBytes(name, bytes);
  if (bytes.length < 4) {
    throw invalid(
      `${name} is cut short: it has ${bytes.length} bytes, and the header of an IDX file at least 8. Get the file again.`,
    );
  }
  const [first, second, type, rank] = bytes;
  if (first !== 0 || second !== 0) {
    const fix = isGzip(bytes)
      ? 'It is compressed with gzip: use readIdx, or decompress it first.'
      : 'Check that it is the file itself, and not, say, the error page of a failed download.';
    throw invalid(
      `${name} is not an IDX file: it begins with the bytes ${hex(first)} ${hex(second)}, expected 00 00. ${fix}`,
    );
  }
  if (type !== unsignedByte) {
    throw invalid(
      `${name} holds elements of type ${elementTypes[type] ?? 'unknown'} (0x${hex(type)}), expected uint8 (0x08). Convert it to unsigned bytes.`,
    );
  }
  if (rank === 0) {
    throw invalid(
      `${name} has rank 0, expected at least one dimension. Its header is corrupt: get the file again.`,
    );
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw invalid(
      `${name} is cut short: it has ${bytes.length} bytes, and its header of rank ${rank} takes ${header}. Get the file again.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // Exact, where a product of doubles would round, overflow to infinity, or make 0·∞.
  const expected = shape.reduce((product, dimension) => product * BigInt(dimension), 1n);
  if (expected > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalid(
      `${name} claims the shape ${showShape(shape)}, which is more than 2^53 bytes. Its header is corrupt: get the file again.`,
    );
  }
  const data = bytes.subarray(header);
  if (BigInt(data.length) !== expected) {
    const problem = data.length < expected ? 'is cut short' : 'is too long';
    throw invalid(
      `${name} ${problem}: ${data.length} bytes follow the header, expected ${expected} for the shape ${showShape(shape)}. Get the file again.`,
    );
  }
  return { shape, data };
}

/**
 * The uncompressed bytes of a file that may be compressed with gzip, told by its first two bytes. Checksums of
 * data sets are of these. Uses the platform's `DecompressionStream`, in browsers and Node alike.
 *
 * @param bytes the whole file; returned as it is when it is not compressed.
 * @param name what error messages call the file.
 * @param maxBytes the most uncompressed bytes to accept, default 2^30 (1 GiB). Decompression stops there, so
 *   that a small hostile file cannot fill the memory.
 * @throws {HarmonicError} `INVALID_DATA` when the file is longer than `maxBytes`, cut short or corrupt;
 *   `INVALID_ARGUMENT` when `bytes` is no Uint8Array or `maxBytes` no positive integer.
 */
export async function decompress(
  bytes: Uint8Array,
  name: string,
  maxBytes = oneGibibyte,
): Promise<Uint8Array> {
  requireBytes(name, bytes);
  requireNumber('maxBytes', maxBytes, { integer: true, min: 1 });
  const tooLong = (length: string) =>
    invalid(
      `${name} has ${length}, expected at most maxBytes, ${maxBytes}. Raise maxBytes if you trust the file.`,
    );
  if (!isGzip(bytes)) {
    if (bytes.length > maxBytes) throw tooLong(`${bytes.length} bytes`);
    return bytes;
  }

  const file = new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const reader = file.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      if (length > maxBytes) break;
    }
  } catch (cause) {
    throw invalid(`${name} is a gzip file that is cut short or corrupt. Get the file again.`, cause);
  }
  if (length > maxBytes) {
    // Some platforms reject the cancellation of a half-read stream, which is of no interest.
    reader.cancel().catch(() => {});
    throw tooLong('more uncompressed bytes than allowed');
  }
  const result = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    result.set(chunk, offset);
    offset += chunk.length;
  }
  return result;
}

/**
 * Reads an IDX file of unsigned bytes, plain or compressed with gzip: {@link decompress}, then {@link parseIdx}.
 *
 * @param bytes the whole file.
 * @param name what error messages call the file.
 * @param options.maxBytes the most uncompressed bytes to accept, default 2^30 (1 GiB).
 * @throws {HarmonicError} `INVALID_DATA` and `INVALID_ARGUMENT`, as they do.
 * @example
 * ```ts
 * const response = await fetch('train-labels-idx1-ubyte.gz');
 * const { shape, data } = await readIdx(new Uint8Array(await response.arrayBuffer()), 'training labels');
 * ```
 */
export async function readIdx(
  bytes: Uint8Array,
  name: string,
  { maxBytes }: { maxBytes?: number } = {},
): Promise<Idx> {
  return parseIdx(await decompress(bytes, name, maxBytes), name);
}
