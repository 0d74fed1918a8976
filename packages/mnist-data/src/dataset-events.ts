import type { KnownOptions } from '@harmonic-mlp/core';

/** What happens while a data set is fetched. */
export type DatasetEvent =
  /** `received` bytes, of `total` if that is known, have arrived. */
  | { type: 'progress'; file: string; url: string; received: number; total?: number }
  /** An address, or the entry in the cache, failed for this reason; the next one is tried, or the same one again. */
  | { type: 'retry'; file: string; url: string; reason: string }
  /** No checksum of the file is published; it has this one, and if `pinned` must have it from now on. */
  | { type: 'unverified'; file: string; sha256: string; pinned: boolean }
  /** The cache cannot be written: the data are used, but not kept. */
  | { type: 'uncached'; folder: string; reason: string };

/** How a data set is fetched. */
export interface FetchOptions {
  /**
   * Whether the files must be the published ones, by their checksums, or, where none is published, the ones first
   * seen. Default true.
   */
  verify?: boolean;
  /** Whether to stay off the network. Default false. */
  offline?: boolean;
  /** Folders that serve the compressed files, tried in turn. Default: those of the description. */
  mirrors?: readonly string[];
  /** How long a server may send nothing, in milliseconds. Default 30,000. */
  timeout?: number;
  /** Stops loading, which then rejects with the signal's reason; what was received is kept for the next time. */
  signal?: AbortSignal;
  /** Is told what happens. */
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
