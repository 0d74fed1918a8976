import { describeValue, HarmonicError } from '@harmonic-mlp/core';

/** Bytes in any of the forms that platforms hand out. A Node Buffer is a Uint8Array. */
export type Bytes = Uint8Array | Uint8ClampedArray | ArrayBuffer;

/** `'Uint8Array'`; not by instanceof, which fails for arrays of another realm (an iframe, a test runner's sandbox). */
export const typeName = (value: unknown): string =>
  Object.prototype.toString.call(value).slice('[object '.length, -1);

/** The error for an array of a type that is not taken. */
export function wrongArray(
  name: string,
  value: unknown,
  types: readonly string[],
  fix: string,
): HarmonicError {
  const each = types.map((type) => `${/^[AI]/.test(type) ? 'an' : 'a'} ${type}`);
  const list = [each.slice(0, -1).join(', '), each.at(-1)].filter(Boolean).join(' or ');
  // Any object's type is Object, a tensor's as well.
  const type = typeName(value) === 'Object' ? describeValue(value) : typeName(value);
  return new HarmonicError('INVALID_ARGUMENT', `${name} is ${type}; it must be ${list}. ${fix}`);
}

/**
 * Pixels as a Uint8Array of the same memory.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` when they are anything but a Uint8Array or a Uint8ClampedArray.
 */
export function requirePixels(name: string, value: Uint8Array | Uint8ClampedArray): Uint8Array {
  const type = typeName(value);
  if (type === 'Uint8Array') return value as Uint8Array;
  if (type === 'Uint8ClampedArray') return new Uint8Array(value.buffer, value.byteOffset, value.length);
  throw wrongArray(
    name,
    value,
    ['Uint8Array', 'Uint8ClampedArray'],
    'Convert what holds 0 to 255 with Uint8Array.from.',
  );
}

/**
 * A file's content as a Uint8Array of the same memory.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` when it is no {@link Bytes}.
 */
export function requireBytes(name: string, value: Bytes): Uint8Array {
  const type = typeName(value);
  if (type === 'ArrayBuffer' || type === 'SharedArrayBuffer') return new Uint8Array(value as ArrayBuffer);
  if (type === 'Uint8Array' || type === 'Uint8ClampedArray') return requirePixels(name, value as Uint8Array);
  throw wrongArray(
    name,
    value,
    ['Uint8Array', 'Uint8ClampedArray', 'ArrayBuffer'],
    'Give all bytes of the file.',
  );
}

/** Bytes that no other thread can change, which is what the platform's own functions take; copied if need be. */
export const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  typeName(bytes.buffer) === 'SharedArrayBuffer' ? bytes.slice() : (bytes as Uint8Array<ArrayBuffer>);
