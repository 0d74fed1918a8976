import { HarmonicError, option } from '@harmonic-mlp/core';
import { throwIfAborted } from './platform';
import { TransferFailure } from './transfer';

const rounds = 3;

/** Options of {@link tryAddresses}. */
export interface TryOptions {
  /** What is downloaded, for the error. */
  what: string;
  /** What a user can do about it, for the error. */
  advice: string;
  signal?: AbortSignal;
  /** Called with the reason why an address failed, before the next one is tried. */
  onRetry(url: string, reason: string): void;
}

/**
 * Returns the result of the first attempt that succeeds. Addresses are tried in order, and those that failed for a transient
 * reason are tried twice more, after a pause.
 *
 * @param attempt throws a {@link TransferFailure} if another address may succeed; any other error ends all attempts.
 * @throws {HarmonicError} `DOWNLOAD_FAILED` with the reason of each address; `CHECKSUM_MISMATCH` if all of them serve
 *   something else.
 */
export async function tryAddresses<T>(
  urls: readonly string[],
  attempt: (url: string) => Promise<T>,
  { what, advice, signal, onRetry }: TryOptions,
): Promise<T> {
  const failures = new Map<string, TransferFailure>();
  let last: [url: string, failure: TransferFailure] | undefined;
  let left = urls;
  for (let round = 0; round < rounds && left.length > 0; round++) {
    const transient: string[] = [];
    if (round > 0) await pause(250 * 4 ** (round - 1), signal);
    for (const url of left) {
      if (last) onRetry(last[0], last[1].message);
      try {
        return await attempt(url);
      } catch (error) {
        if (!(error instanceof TransferFailure)) throw error;
        last = [url, error];
        failures.set(url, error);
        if (error.transient) transient.push(url);
      }
    }
    left = transient;
  }
  const list = Array.from(failures, ([url, failure]) => `  ${url}: ${reasonOf(failure)}\n`).join('');
  const isOther = ({ cause }: TransferFailure) =>
    HarmonicError.is(cause) && cause.code === 'CHECKSUM_MISMATCH';
  throw new HarmonicError(
    list && [...failures.values()].every(isOther) ? 'CHECKSUM_MISMATCH' : 'DOWNLOAD_FAILED',
    {
      problem: `${what} cannot be downloaded:${list ? `\n${list}` : ' no address is known.\n'}`,
      fix: advice,
    },
  );
}

/** Why an address failed, including what to do about a different file, with option mentions intact. */
const reasonOf = ({ message, cause }: TransferFailure): string =>
  HarmonicError.is(cause) ? cause.with({ file: undefined }).describe(option) : message;

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  let stop = () => {};
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal?.addEventListener('abort', stop);
  });
  signal?.removeEventListener('abort', stop);
  throwIfAborted(signal);
}
