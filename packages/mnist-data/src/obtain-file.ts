import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { checkFile, requirePinned } from './check-file';
import type { FetchOptions } from './dataset-events';
import { type DatasetDescription, type DatasetFile, uncompressedBytes } from './description';
import { TransferFailure, type TransferOptions } from './transfer';
import { tryAddresses } from './try-addresses';

/** How {@link Shelf.receive} goes about it. */
export interface ReceiveOptions
  extends Pick<TransferOptions, 'maxBytes' | 'timeout' | 'signal' | 'onProgress'> {
  /** Is told why the transfer was cut, before it goes on. */
  onRetry(reason: string): void;
}

/** How a file was received. */
export interface Received {
  /** Whether a part of it was there already. */
  resumed?: boolean;
  /** Whether the platform has unpacked it on the way, so that its compressed bytes are not known. */
  unpacked?: boolean;
}

/** The place of one file in a cache. */
export interface Shelf {
  /** What messages call the file in the cache. */
  readonly name: string;
  /** What messages call the pinned checksum. */
  readonly pinName: string;
  /** The file, if it is there. */
  read(): Promise<Uint8Array | undefined>;
  /** The checksum that was first seen, if one was kept. */
  readPin(): Promise<string | undefined>;
  /**
   * Keeps a checksum.
   *
   * @returns whether that was possible.
   */
  pin(sum: string): Promise<boolean>;
  /** Gets the file by other means than the mirrors. Default: there are none. */
  restore?(): Promise<boolean>;
  /** Receives the file, not yet on its place. */
  receive(url: string, options: ReceiveOptions): Promise<Received & { bytes: Uint8Array }>;
  /** Puts what was received on its place. */
  keep(bytes: Uint8Array): Promise<unknown>;
  /** Throws away what was received. */
  discard?(): Promise<void>;
}

/**
 * The uncompressed content of a file from a cache, or from the first mirror that gives it, and then kept in the cache.
 *
 * @param advice what a user can do when no mirror gives the file, and when it is missing and no network may be used.
 * @throws {HarmonicError} `FILE_NOT_FOUND` when it is missing offline, `DOWNLOAD_FAILED`, and for a file in the cache
 *   `INVALID_DATA` and `CHECKSUM_MISMATCH` offline; the reason of the signal.
 */
export async function obtainFile(
  description: Pick<DatasetDescription, 'title' | 'mirrors'>,
  file: DatasetFile,
  shelf: Shelf,
  {
    verify = true,
    offline = false,
    mirrors = description.mirrors,
    timeout = 30_000,
    signal,
    onEvent,
  }: FetchOptions,
  advice: { download: string; offline: string },
): Promise<Uint8Array> {
  requireNumber('timeout', timeout, { above: 0, max: 2 ** 31 - 1 });
  if (!Array.isArray(mirrors)) {
    throw new HarmonicError('INVALID_ARGUMENT', `mirrors is ${mirrors}; it must be a list of addresses.`);
  }
  const served = `${file.name}.gz`;
  const onRetry = (url: string, reason: string) => onEvent?.({ type: 'retry', file: served, url, reason });

  /** The content of a file that agrees with all that is known of it, and its checksum when that is news. */
  const check = async (name: string, bytes: Uint8Array, unpacked = false) => {
    const pin = await shelf.readPin();
    const { content, unproven } = await checkFile(
      file,
      { name, bytes },
      { verify, unpacked: unpacked || pin !== undefined },
    );
    if (unproven === undefined) return { content };
    if (pin === undefined) return { content, firstSeen: unproven };
    requirePinned(name, unproven, pin, shelf.pinName);
    return { content };
  };
  const announce = async (sha256: string | undefined) => {
    if (sha256 === undefined) return;
    const pinned = await shelf.pin(sha256);
    onEvent?.({ type: 'unverified', file: served, sha256, pinned });
  };
  const fromCache = async () => {
    const bytes = await shelf.read();
    if (bytes === undefined) return undefined;
    try {
      const { content, firstSeen } = await check(shelf.name, bytes);
      await announce(firstSeen);
      return content;
    } catch (error) {
      if (offline || !HarmonicError.is(error)) throw error;
      onRetry(shelf.name, error.message);
      return undefined;
    }
  };

  const cached = await fromCache();
  if (cached !== undefined) return cached;
  if (offline) {
    throw new HarmonicError(
      'FILE_NOT_FOUND',
      `${shelf.name} is not there, and offline forbids to download it. ${advice.offline}`,
    );
  }
  const restored = (await shelf.restore?.()) && (await fromCache());
  if (restored) return restored;

  const attempt = async (url: string) => {
    const { bytes, resumed, unpacked } = await shelf.receive(url, {
      // Compression adds a little to what cannot be compressed.
      maxBytes: verify ? uncompressedBytes(file) + 2 ** 16 : 2 ** 30,
      timeout,
      signal,
      onProgress: (received, total) => onEvent?.({ type: 'progress', file: served, url, received, total }),
      onRetry: (reason) => onRetry(url, reason),
    });
    try {
      return { bytes, ...(await check('the answer', bytes, unpacked)) };
    } catch (cause) {
      await shelf.discard?.();
      if (!HarmonicError.is(cause)) throw cause;
      throw new TransferFailure(cause.message, {
        // Two parts of a file may have come from two versions of it.
        transient: resumed === true || cause.code === 'INVALID_DATA',
        cause,
      });
    }
  };
  const { bytes, content, firstSeen } = await tryAddresses(
    mirrors.map((mirror) => `${mirror}${mirror.endsWith('/') ? '' : '/'}${served}`),
    attempt,
    { what: `${served} of ${description.title}`, advice: advice.download, signal, onRetry },
  );
  await shelf.keep(bytes);
  await announce(firstSeen);
  return content;
}
