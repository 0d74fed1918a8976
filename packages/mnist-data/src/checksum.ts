import { HarmonicError } from '@harmonic-mlp/core';
import { nodeModule, unsupported } from './platform';
import { type Bytes, requireBytes, unshared } from './require-array';

/**
 * The SHA-256 checksum of `bytes` as 64 lower-case hexadecimal digits, by the platform's Web Crypto.
 *
 * @throws {HarmonicError} `UNSUPPORTED` where the platform has none: browsers offer it only to pages served over
 *   HTTPS or from localhost; `INVALID_ARGUMENT` when `bytes` is anything else.
 */
export async function sha256(bytes: Bytes): Promise<string> {
  const subtle = globalThis.crypto?.subtle ?? nodeModule('crypto')?.webcrypto.subtle;
  if (subtle === undefined) {
    throw unsupported(
      'SHA-256 needs Web Crypto, crypto.subtle, which browsers offer only to pages served over HTTPS or from localhost',
      'Serve the page so, or load with verify: false.',
    );
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', unshared(requireBytes('bytes', bytes))));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Checks that a file is the published one.
 *
 * @param name what the error message calls the file.
 * @param bytes the whole file, uncompressed.
 * @param expected its SHA-256 checksum in hexadecimal digits.
 * @throws {HarmonicError} `CHECKSUM_MISMATCH`, naming the file and both checksums; `UNSUPPORTED` as {@link sha256}.
 */
export async function verifyChecksum(name: string, bytes: Bytes, expected: string): Promise<void> {
  const got = await sha256(bytes);
  if (got === expected.toLowerCase()) return;
  throw new HarmonicError(
    'CHECKSUM_MISMATCH',
    `${name} is not the published file: its SHA-256 is ${got}, expected ${expected}. Get the file again, or load it with verify: false if it is meant to differ.`,
  );
}
