import { HarmonicError } from '@harmonic-mlp/core';
import { sha256, verifyChecksum } from './checksum';
import { type DatasetFile, uncompressedBytes } from './description';
import type { NamedBytes } from './from-files';
import { decompress, parseIdx } from './idx';
import { labelTypes } from './idx-pair';

/** A file that is what it should be, as far as that is known. */
export interface CheckedFile {
  /** Its uncompressed bytes. */
  content: Uint8Array;
  /** The SHA-256 checksum of the bytes as they are stored, when no published one speaks for the file. */
  unproven?: string;
}

/** What {@link checkFile} demands. */
export interface CheckOptions {
  /** Whether to compare checksums, and shapes where none is known; otherwise any IDX file will do. */
  verify: boolean;
  /** Whether the file may have been compressed again, as distributions do, so that its checksum differs. Default false. */
  recompressed?: boolean;
  /**
   * Whether the file may be uncompressed where only the compressed one has a known checksum: because the platform has
   * unpacked it on the way, or a pinned checksum will speak for it. Default false.
   */
  unpacked?: boolean;
}

/**
 * Uncompresses a file and checks that it is the published one, or, where no checksum is known, an IDX file of the
 * right shape.
 *
 * @throws {HarmonicError} `INVALID_DATA` for no such IDX file; `CHECKSUM_MISMATCH` for another one.
 */
export async function checkFile(
  file: DatasetFile,
  { name, bytes }: NamedBytes & { bytes: Uint8Array },
  { verify, recompressed = false, unpacked = false }: CheckOptions,
): Promise<CheckedFile> {
  // A file of known content or shape needs no more memory than that has.
  const maxBytes = verify ? uncompressedBytes(file) : undefined;
  const content = await decompress(bytes, name, maxBytes, labelTypes);
  // Before the checksum, because "cut short" says more than "not the published file".
  const { shape } = parseIdx(content, name, { types: labelTypes });
  if (!verify) return { content };
  if (file.sha256 !== undefined) {
    await verifyChecksum(name, content, file.sha256);
    return { content };
  }
  if (String(shape) !== String(file.shape)) {
    throw new HarmonicError(
      'INVALID_DATA',
      `${name} has the shape [${shape}], expected [${file.shape}]. Get the file again.`,
    );
  }
  const unproven = await sha256(bytes);
  const published = file.gzip?.sha256;
  if (unproven === published) return { content };
  const isUnpacked = unpacked && bytes[0] === 0;
  if (published && !recompressed && !isUnpacked) await verifyChecksum(name, bytes, published);
  return { content, unproven };
}

/** Checks that a file is what was first seen of it. */
export function requirePinned(name: string, sum: string, pin: string, pinName: string): void {
  if (sum === pin) return;
  throw new HarmonicError(
    'CHECKSUM_MISMATCH',
    `${name} is not what was first seen: its SHA-256 is ${sum}, expected ${pin}. Get the file again, or delete ${pinName} if the change is meant.`,
  );
}
