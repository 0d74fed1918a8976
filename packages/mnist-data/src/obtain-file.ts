import { HarmonicError, option, requireNumber } from '@harmonic-mlp/core';
import type { CacheEntry } from './cache-entry';
import { checkFile, requirePinned } from './check-file';
import type { FetchOptions } from './dataset-events';
import { type DatasetDescription, type DatasetFile, uncompressedBytes } from './description';
import { TransferFailure } from './transfer';
import { tryAddresses } from './try-addresses';

/**
 * Returns the uncompressed content of a file: from a cache, or from the first mirror that serves it, after which it is kept
 * in the cache.
 *
 * @param advice what a user can do if no mirror serves the file, and if it is missing and offline is set.
 * @throws {HarmonicError} `FILE_NOT_FOUND` if it is missing and offline is set; `DOWNLOAD_FAILED`; offline, `INVALID_DATA`
 *   and `CHECKSUM_MISMATCH` for a file in the cache; the reason of the signal.
 */
export async function obtainFile(
  description: Pick<DatasetDescription, 'title' | 'mirrors'>,
  file: DatasetFile,
  entry: CacheEntry,
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
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'mirrors',
      value: mirrors,
      allowed: 'a list of addresses',
    });
  }
  const served = `${file.name}.gz`;
  const onRetry = (url: string, reason: string) => onEvent?.({ type: 'retry', file: served, url, reason });

  /** Returns the content of a file that matches everything known about it, and its checksum if that is new. */
  const check = async (name: string, bytes: Uint8Array, unpacked = false) => {
    const pin = await entry.readPin();
    const { content, unproven } = await checkFile(
      file,
      { name, bytes },
      { verify, unpacked: unpacked || pin !== undefined },
    );
    if (unproven === undefined) return { content };
    if (pin === undefined) return { content, firstSeen: unproven };
    requirePinned(name, unproven, pin, entry.pinName);
    return { content };
  };
  const announce = async (sha256: string | undefined) => {
    if (sha256 === undefined) return;
    const pinned = await entry.pin(sha256);
    onEvent?.({ type: 'unverified', file: served, sha256, pinned });
  };
  const fromCache = async () => {
    const bytes = await entry.read();
    if (bytes === undefined) return undefined;
    try {
      const { content, firstSeen } = await check(entry.name, bytes);
      await announce(firstSeen);
      return content;
    } catch (error) {
      if (offline || !HarmonicError.is(error)) throw error;
      onRetry(entry.name, reasonOf(error));
      return undefined;
    }
  };

  const cached = await fromCache();
  if (cached !== undefined) return cached;
  if (offline) {
    throw new HarmonicError('FILE_NOT_FOUND', {
      argument: 'offline',
      value: offline,
      problem: `The file is missing, and ${option('offline')} forbids downloading it.`,
      fix: advice.offline,
      file: entry.name,
    });
  }
  const restored = (await entry.restore?.()) && (await fromCache());
  if (restored) return restored;

  const attempt = async (url: string) => {
    const { bytes, resumed, unpacked } = await entry.receive(url, {
      // Compression adds a little to incompressible data.
      maxBytes: verify ? uncompressedBytes(file) + 2 ** 16 : 2 ** 30,
      timeout,
      signal,
      onProgress: (received, total) => onEvent?.({ type: 'progress', file: served, url, received, total }),
      onRetry: (reason) => onRetry(url, reason),
    });
    try {
      return { bytes, ...(await check(served, bytes, unpacked)) };
    } catch (cause) {
      await entry.discard?.();
      if (!HarmonicError.is(cause)) throw cause;
      throw new TransferFailure(reasonOf(cause), {
        // The two parts of the file may be from different versions of it.
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
  await entry.keep(bytes);
  await announce(firstSeen);
  return content;
}

/** What is wrong, for an event, which already names the file and is not followed by the fix. */
const reasonOf = (error: HarmonicError): string => error.with({ file: undefined, fix: undefined }).message;
