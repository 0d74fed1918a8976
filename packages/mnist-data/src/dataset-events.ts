import type { KnownOptions } from '@harmonic-mlp/core';

/** Events while a data set is downloaded. */
export type DatasetEvent =
  /** `received` bytes have arrived, out of `total`, if known. */
  | { type: 'progress'; file: string; url: string; received: number; total?: number }
  /** An address or the entry in the cache failed for this reason; the next address is tried, or the same one again. */
  | { type: 'retry'; file: string; url: string; reason: string }
  /** No checksum of the file is published; it has this one and, if `pinned`, must have it from now on. */
  | { type: 'unverified'; file: string; sha256: string; pinned: boolean }
  /** The cache is not writable: the data is used but not kept. */
  | { type: 'uncached'; folder: string; reason: string };

/** How a data set is downloaded. */
export interface FetchOptions {
  /**
   * Whether the files must be the published ones, according to their checksums, or, if none is published, the ones first
   * seen. Default true.
   */
  verify?: boolean;
  /** Whether to stay off the network. Default false. */
  offline?: boolean;
  /** The folders that serve the compressed files, tried in order. Default: those of the description. */
  mirrors?: readonly string[];
  /** How long a server may send nothing, in milliseconds. Default 30,000. */
  timeout?: number;
  /** Stops loading, which then rejects with the signal's reason; the bytes received so far are kept for the next time. */
  signal?: AbortSignal;
  /** Called with each event. */
  onEvent?: (event: DatasetEvent) => void;
}

/** The names of {@link FetchOptions}. */
export const fetchOptions: KnownOptions<FetchOptions> = {
  verify: true,
  offline: true,
  mirrors: true,
  timeout: true,
  signal: true,
  onEvent: true,
};
