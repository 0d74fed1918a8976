import { HarmonicError } from '@harmonic-mlp/core';

/** Bytes in any of the forms that platforms provide. A Node Buffer is a Uint8Array. */
export type Bytes = Uint8Array | Uint8ClampedArray | ArrayBuffer;

const bytes = ['Uint8Array', 'Uint8ClampedArray'];

/**
 * The name of a value's type, such as `'Uint8Array'`. It does not use instanceof, which fails for arrays from another realm
 * (an iframe, a test runner's sandbox).
 */
const typeName = (value: unknown): string =>
  Object.prototype.toString.call(value).slice('[object '.length, -1);

/**
 * Checks that a value is an array of bytes or of one of the other types, and returns it; bytes become a Uint8Array over the
 * same memory.
 *
 * @param others the names of the other types.
 * @param file the name in errors of the file whose content it is.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if it is anything else.
 */
export function requireArray<T>(
  argument: string,
  value: T,
  others: readonly string[],
  fix: string,
  file?: string,
): Uint8Array | Exclude<T, Uint8ClampedArray | ArrayBuffer> {
  const type = typeName(value);
  const types = [...bytes, ...others];
  if (!types.includes(type)) {
    const allowed = `one of ${types.join(', ')}`;
    throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed, fix, file });
  }
  if (type.endsWith('ArrayBuffer')) return new Uint8Array(value as ArrayBuffer);
  const array = value as Uint8Array;
  return type === bytes[1] ? new Uint8Array(array.buffer, array.byteOffset, array.length) : array;
}

/**
 * Pixels as a Uint8Array over the same memory.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` unless they are a Uint8Array or a Uint8ClampedArray.
 */
export const requirePixels = (argument: string, value: Uint8Array | Uint8ClampedArray): Uint8Array =>
  requireArray(argument, value, [], 'Convert numbers from 0 to 255 with Uint8Array.from.');

/**
 * The content of a file as a Uint8Array over the same memory.
 *
 * @param file the name of the file in errors, if it has one.
 * @throws {HarmonicError} `INVALID_ARGUMENT` unless it is {@link Bytes}.
 */
export const requireBytes = (argument: string, value: Bytes, file?: string): Uint8Array =>
  requireArray(argument, value, ['ArrayBuffer', 'SharedArrayBuffer'], 'Pass all bytes of the file.', file);

/** Bytes that no other thread can change, as required by the platform's own functions; copied if necessary. */
export const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  typeName(bytes.buffer) === 'SharedArrayBuffer' ? bytes.slice() : (bytes as Uint8Array<ArrayBuffer>);
