import type { Received } from '../obtain-file';
import { requireSuccess, TransferFailure, type TransferOptions, transfer } from '../transfer';
import { explainNetworkError } from './explain-errors';
import type { PartialFile } from './partial-file';

/** How much further an attempt has to get for the same address to be asked again at once, and how often it is. */
const worthwhile = 2 ** 16;
const mostRepeats = 8;

/** How {@link receive} goes about it. */
export interface ReceiveOptions
  extends Pick<TransferOptions, 'maxBytes' | 'timeout' | 'signal' | 'onProgress'> {
  /** The entity tags of the addresses that have answered; kept from call to call. */
  tags: Map<string, string>;
  onRetry(reason: string): void;
}

/**
 * Appends to a partial file what is missing of it, or fetches all of it where the server cannot go on in the middle.
 * While a server gets further each time before it breaks off, it is asked for the rest a few times.
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
      // What came from a server that sent too much is no part of the file.
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
  // A length and a part are of the file itself, not of what a server makes of it on the way.
  const headers: Record<string, string> = { 'Accept-Encoding': 'identity' };
  if (part.size > 0) headers.Range = `bytes=${part.size}-`;
  const tag = tags.get(url);
  if (part.size > 0 && tag !== undefined) headers['If-Range'] = tag;

  const accept = async (response: Response): Promise<number | undefined> => {
    const { status } = response;
    const range = response.headers.get('content-range') ?? '';
    if (status === 206 || status === 416) {
      resumed = true;
      // All of it was there already: the process ended just before it was put on its place.
      if (status === 416 && range === `bytes */${part.size}`) return undefined;
      if (status === 206 && range.startsWith(`bytes ${part.size}-`)) return part.size;
      // What is there is no part of this file; it has to be asked for from the start.
      refused = true;
      await part.clear();
      return undefined;
    }
    const start = requireSuccess(response);
    // Not before the first bytes are there and are no web page, for which a part is not given up.
    isStale = true;
    const newTag = response.headers.get('etag');
    // A weak tag does not promise the same bytes.
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
