import { HarmonicError, option } from '@harmonic-mlp/core';
import { otherFile } from './file-errors';
import { nodeModule } from './platform';
import { type Bytes, requireBytes, unshared } from './require-array';

/**
 * The SHA-256 checksum of `bytes` as 64 lowercase hexadecimal digits, computed by the platform's Web Crypto.
 *
 * @throws {HarmonicError} `UNSUPPORTED` if the platform has no Web Crypto, which browsers provide only to pages served over
 *   HTTPS or from localhost; `INVALID_ARGUMENT` if `bytes` is not an array of bytes.
 */
export async function sha256(bytes: Bytes): Promise<string> {
  const subtle = globalThis.crypto?.subtle ?? nodeModule('crypto')?.webcrypto.subtle;
  if (subtle === undefined) {
    throw new HarmonicError('UNSUPPORTED', {
      problem:
        'SHA-256 needs crypto.subtle, which browsers provide only to pages served over HTTPS or from localhost.',
      fix: `Serve the page that way, or load with ${option('verify: false')}.`,
    });
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', unshared(requireBytes('bytes', bytes))));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Checks that a file is the published one.
 *
 * @param name the name of the file in the error.
 * @param bytes the whole file, uncompressed.
 * @param expected its SHA-256 checksum, in hexadecimal.
 * @throws {HarmonicError} `CHECKSUM_MISMATCH` with the file and both checksums; `UNSUPPORTED` as in {@link sha256}.
 */
export async function verifyChecksum(name: string, bytes: Bytes, expected: string): Promise<void> {
  const sum = await sha256(bytes);
  if (sum === expected.toLowerCase()) return;
  throw otherFile(name, 'published one', sum, expected, `load it with ${option('verify: false')}`);
}
