import { sha256, verifyChecksum } from './checksum';
import { type DatasetFile, uncompressedBytes } from './description';
import { invalidFile, otherFile } from './file-errors';
import type { NamedBytes } from './from-files';
import { decompress, parseIdx } from './idx';
import { labelTypes } from './idx-pair';

/** A file that has passed all applicable checks. */
export interface CheckedFile {
  /** Its uncompressed bytes. */
  content: Uint8Array;
  /** The SHA-256 checksum of the bytes as stored, if no published checksum vouches for the file. */
  unproven?: string;
}

/** What {@link checkFile} requires. */
export interface CheckOptions {
  /** Whether to compare checksums, or shapes if no checksum is known; otherwise, any IDX file will do. */
  verify: boolean;
  /** Whether the file may have been recompressed, as distributions do, so that its checksum differs. Default false. */
  recompressed?: boolean;
  /**
   * Whether the file may be uncompressed even if only the compressed one has a known checksum, because the platform
   * decompressed it in transit or because a pinned checksum will vouch for it. Default false.
   */
  unpacked?: boolean;
}

/**
 * Decompresses a file and checks that it is the published one or, if no checksum is known, an IDX file of the right shape.
 *
 * @throws {HarmonicError} `INVALID_DATA` unless it is such an IDX file; `CHECKSUM_MISMATCH` if it is a different one.
 */
export async function checkFile(
  file: DatasetFile,
  { name, bytes }: NamedBytes & { bytes: Uint8Array },
  { verify, recompressed = false, unpacked = false }: CheckOptions,
): Promise<CheckedFile> {
  // A file of known content or shape takes no more memory than that.
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
    throw invalidFile(name, `has the shape [${shape}], expected [${file.shape}]`);
  }
  const unproven = await sha256(bytes);
  const published = file.gzip?.sha256;
  if (unproven === published) return { content };
  const isUnpacked = unpacked && bytes[0] === 0;
  if (published && !recompressed && !isUnpacked) await verifyChecksum(name, bytes, published);
  return { content, unproven };
}

/** Checks that a file is the one first seen. */
export function requirePinned(name: string, sum: string, pin: string, pinName: string): void {
  if (sum !== pin) throw otherFile(name, 'one first seen', sum, pin, `delete ${pinName}`);
}
