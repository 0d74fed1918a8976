import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import { sha256 } from '../checksum';
import type { DatasetEvent, FetchOptions } from '../dataset-events';
import { datasets } from '../datasets';
import type { DatasetArchive, DatasetDescription } from '../description';
import { throwIfAborted } from '../platform';
import { TransferFailure } from '../transfer';
import { tryAddresses } from '../try-addresses';
import type { CacheFolder } from './cache-folder';
import { PartialFile } from './partial-file';
import { writePin } from './pin';
import { receive } from './receive';

/**
 * Fills the folder of a data set from its archive, as well as those of other known data sets in the same archive, which is
 * not kept. Its contents are as published, so their checksums are pinned.
 *
 * @throws {HarmonicError} `DOWNLOAD_FAILED` and `CHECKSUM_MISMATCH` if it cannot be downloaded; `INVALID_DATA` if it
 *   lacks a file; the reason of the signal.
 */
export async function restoreFromArchive(
  description: DatasetDescription,
  archive: DatasetArchive,
  cache: CacheFolder,
  { signal, timeout = 30_000, onEvent }: FetchOptions,
): Promise<void> {
  const root = await cache.writable(description.name);
  const part = await PartialFile.open(join(root, `${archive.sha256.slice(0, 16)}.zip`));
  try {
    await receiveArchive(archive, part, { signal, timeout, onEvent });
    await extract(description, archive, part.path, cache, signal);
    await part.clear();
  } finally {
    await part.leave();
  }
}

async function receiveArchive(
  { urls, bytes, sha256 }: DatasetArchive,
  part: PartialFile,
  {
    signal,
    timeout,
    onEvent,
  }: { signal?: AbortSignal; timeout: number; onEvent?: (event: DatasetEvent) => void },
): Promise<void> {
  const tags = new Map<string, string>();
  const onRetry = (url: string, reason: string) =>
    onEvent?.({ type: 'retry', file: basename(url), url, reason });
  await tryAddresses(
    urls,
    async (url) => {
      const { resumed } = await receive(url, part, {
        tags,
        maxBytes: bytes,
        timeout,
        signal,
        onProgress: (received) =>
          onEvent?.({ type: 'progress', file: basename(url), url, received, total: bytes }),
        onRetry: (reason) => onRetry(url, reason),
      });
      if (part.size < bytes) {
        throw new TransferFailure(`sent only ${part.size} of ${bytes} bytes`, { transient: true });
      }
      const sum = await checksumOf(part.path, signal);
      if (sum === sha256) return;
      await part.clear();
      throw new TransferFailure(`its SHA-256 is ${sum}, expected ${sha256}`, { transient: resumed === true });
    },
    {
      what: `The archive ${basename(urls[0])}`,
      advice: 'Individual files are tried instead.',
      signal,
      onRetry,
    },
  );
}

/** The SHA-256 checksum of a file of any size. */
async function checksumOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    throwIfAborted(signal);
    hash.update(chunk);
  }
  return hash.digest('hex');
}

async function extract(
  description: DatasetDescription,
  archive: DatasetArchive,
  path: string,
  cache: CacheFolder,
  signal: AbortSignal | undefined,
): Promise<void> {
  const others = datasets.filter(
    (other) => other.archive?.sha256 === archive.sha256 && other.name !== description.name,
  );
  /** Where each member of the archive goes. */
  const wanted = new Map<string, string>();
  for (const { name, files } of [description, ...others]) {
    const folder = join(await cache.writable(name), name);
    for (const file of Object.values(files)) {
      const target = join(folder, `${file.name}.gz`);
      if (name === description.name || !existsSync(target)) {
        wanted.set(`${archive.prefix}${file.name}.gz`, target);
      }
    }
  }
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(path);
  try {
    for await (const entry of zip.eachEntry()) {
      throwIfAborted(signal);
      const target = wanted.get(entry.fileName);
      if (target === undefined) continue;
      await extractOne(await zip.openReadStreamPromise(entry), target);
      wanted.delete(entry.fileName);
    }
  } finally {
    zip.close();
  }
  const missing = Object.values(description.files).find(({ name }) =>
    wanted.has(`${archive.prefix}${name}.gz`),
  );
  if (missing === undefined) return;
  throw new HarmonicError('INVALID_DATA', {
    problem: `The archive ${basename(archive.urls[0])} does not hold ${archive.prefix}${missing.name}.gz.`,
    fix: `Correct the description of ${description.title}.`,
  });
}

async function extractOne(member: AsyncIterable<Uint8Array>, target: string): Promise<void> {
  const file = await PartialFile.open(target);
  try {
    await file.clear();
    for await (const chunk of member) await file.write(chunk);
    const sum = await sha256(await file.read());
    await file.finish();
    await writePin(target, sum);
  } finally {
    await file.leave();
  }
}
