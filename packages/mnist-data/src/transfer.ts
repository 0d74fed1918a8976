import { HarmonicError, option } from '@harmonic-mlp/core';
import { throwIfAborted } from './platform';

/** Why an address did not serve a file, as a phrase to follow its name. Never leaves this package. */
export class TransferFailure extends Error {
  /** Whether a later attempt may succeed. */
  readonly transient: boolean;

  constructor(reason: string, { transient, cause }: { transient: boolean; cause?: unknown }) {
    super(reason, { cause });
    this.transient = transient;
  }
}

/** Options of {@link transfer}. */
export interface TransferOptions {
  /** Receives the next bytes of the file. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** The maximum number of bytes to accept. */
  maxBytes: number;
  /** How long the server may send nothing, in milliseconds. */
  timeout: number;
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /**
   * Checks the response before its body is read. Default: {@link requireSuccess}.
   *
   * @returns how many bytes of the file come before the body, or undefined if none is missing.
   */
  accept?(response: Response): number | undefined | Promise<number | undefined>;
  onProgress?(received: number, total: number | undefined): void;
  /** Explains an error of `fetch`. Default: the error's own message. */
  explain?(error: Error): string;
}

/**
 * Downloads a file, in both browsers and Node, and writes it as it arrives. Redirects are followed; a web page, such as a
 * hotel network's login page, is not accepted as a response; a server that falls silent is abandoned.
 *
 * @returns whether the response was encoded, so that the platform decompressed what was written; a browser cannot see that
 *   for other origins.
 * @throws {TransferFailure} if the address does not serve the file; what has been written by then is part of it;
 *   {HarmonicError} `UNSUPPORTED` if the platform cannot download; the signal's reason; and anything that `write` and
 *   `accept` throw.
 */
export async function transfer(url: string, options: TransferOptions): Promise<{ unpacked: boolean }> {
  const { write, maxBytes, timeout, signal, headers, accept = requireSuccess, onProgress } = options;
  const { explain = ({ message }) => message } = options;
  throwIfAborted(signal);
  if (typeof fetch !== 'function' || typeof AbortController !== 'function') {
    const missing = typeof fetch !== 'function' ? 'fetch' : 'AbortController';
    throw new HarmonicError('UNSUPPORTED', {
      problem: `${url} cannot be downloaded: there is no ${missing} here.`,
      fix: `Pass the files to datasetFromFiles, or their folder as ${option('directory')}.`,
    });
  }
  const control = new AbortController();
  const stop = () => control.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  /** The result from the network, unless it takes too long. */
  const inTime = async <T>(step: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      control.abort(new TransferFailure(`sent nothing for ${timeout / 1000} s`, { transient: true }));
    }, timeout);
    try {
      return await step;
    } catch (error) {
      if (control.signal.aborted) throw control.signal.reason;
      throw new TransferFailure(explain(error as Error), { transient: true });
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const response = await inTime(
      // An earlier response that a browser has cached may be the problem.
      fetch(url, { headers, signal: control.signal, cache: 'no-store' }),
    );
    const start = await accept(response);
    const unpacked = response.headers.has('content-encoding');
    if (start === undefined) return { unpacked };
    let received = start;
    // The length of a body encoded in transit says nothing about the file.
    const length = unpacked ? null : response.headers.get('content-length');
    const total = length ? start + Number(length) : undefined;
    const isPage = /html/.test(response.headers.get('content-type') ?? '');
    if (response.body === null) {
      throw new TransferFailure(`answered ${response.status} without a file`, { transient: false });
    }
    const reader = readerOf(response);
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done) return { unpacked };
      // A web page can have any type; none of our files starts with "<".
      if (isPage || (received === 0 && value[0] === 0x3c)) {
        throw new TransferFailure('answered with a web page', { transient: false });
      }
      received += value.length;
      if (received > maxBytes) {
        throw new TransferFailure(`sent more than ${maxBytes} bytes`, { transient: false });
      }
      await write(value);
      onProgress?.(received, total);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    control.abort();
  }
}

/** Accepts only a response that carries the whole file. */
export function requireSuccess({ ok, status, statusText }: Response): number {
  if (ok) return 0;
  throw new TransferFailure(`answered ${status} ${statusText}`.trimEnd(), {
    transient: status >= 500 || status === 429 || status === 408,
  });
}

/** Reads the body of a response as it arrives or, on platforms that do not support this, all at once. */
function readerOf(response: Response): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read'> {
  if (response.body) return response.body.getReader();
  let isRead = false;
  return {
    async read() {
      if (isRead) return { done: true, value: undefined };
      isRead = true;
      return { done: false, value: new Uint8Array(await response.arrayBuffer()) };
    },
  };
}
