import type { Received } from '../cache-entry';
import { requireSuccess, TransferFailure, type TransferOptions, transfer } from '../transfer';
import { explainNetworkError } from './explain-errors';
import type { PartialFile } from './partial-file';

/** How much further an attempt has to get for the same address to be retried immediately, and how often to retry. */
const worthwhile = 2 ** 16;
const mostRepeats = 8;

/** Options of {@link receive}. */
export interface ReceiveOptions
  extends Pick<TransferOptions, 'maxBytes' | 'timeout' | 'signal' | 'onProgress'> {
  /** The entity tags of the addresses that have responded, kept between calls. */
  tags: Map<string, string>;
  onRetry(reason: string): void;
}

/**
 * Appends the missing rest to a partial file, or downloads all of it from a server that cannot continue in the middle. A
 * server that gets further each time before it breaks off is asked for the rest a few times.
 */
export async function receive(
  url: string,
  part: PartialFile,
  { tags, onRetry, ...options }: ReceiveOptions,
): Promise<Received> {
  let repeats = 0;
  for (let furthest = part.size; ; furthest = part.size) {
    try {
      const { refused, ...received } = await receiveRest(url, part, tags, options);
      if (!refused) return received;
      if (furthest === 0) throw new TransferFailure('answered with a part of the file', { transient: false });
    } catch (error) {
      if (!(error instanceof TransferFailure)) throw error;
      // If a server sends too much, what it has sent is not part of the file.
      if (!error.transient && part.size > furthest) await part.clear();
      if (!error.transient || part.size < furthest + worthwhile || ++repeats > mostRepeats) throw error;
      onRetry(`${error.message} after ${part.size} bytes`);
    }
  }
}

async function receiveRest(
  url: string,
  part: PartialFile,
  tags: Map<string, string>,
  options: Omit<ReceiveOptions, 'tags' | 'onRetry'>,
): Promise<Received & { refused: boolean }> {
  let resumed = false;
  let refused = false;
  let isStale = false;
  // Lengths and ranges must be those of the file itself, not of an encoding in transit.
  const headers: Record<string, string> = { 'Accept-Encoding': 'identity' };
  if (part.size > 0) headers.Range = `bytes=${part.size}-`;
  const tag = tags.get(url);
  if (part.size > 0 && tag !== undefined) headers['If-Range'] = tag;

  const accept = async (response: Response): Promise<number | undefined> => {
    const { status } = response;
    const range = response.headers.get('content-range') ?? '';
    if (status === 206 || status === 416) {
      resumed = true;
      // All of it was already there: the process ended just before moving it into place.
      if (status === 416 && range === `bytes */${part.size}`) return undefined;
      if (status === 206 && range.startsWith(`bytes ${part.size}-`)) return part.size;
      // The existing bytes are not part of this file, which has to be requested from the start.
      refused = true;
      await part.clear();
      return undefined;
    }
    const start = requireSuccess(response);
    // Only once the first bytes have arrived and are not a web page, for which a part should not be discarded.
    isStale = true;
    const newTag = response.headers.get('etag');
    // A weak tag does not guarantee the same bytes.
    if (newTag?.startsWith('"')) tags.set(url, newTag);
    else tags.delete(url);
    return start;
  };
  const { unpacked } = await transfer(url, {
    ...options,
    headers,
    accept,
    write: async (bytes) => {
      if (isStale) await part.clear();
      isStale = false;
      await part.write(bytes);
    },
    explain: explainNetworkError,
  });
  if (isStale) await part.clear();
  return { resumed, unpacked, refused };
}
