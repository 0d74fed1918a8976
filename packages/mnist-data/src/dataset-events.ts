/** What happens while a data set is fetched. */
export type DatasetEvent =
  /** `received` bytes of `total`, where that is known, are there. */
  | { type: 'progress'; file: string; url: string; received: number; total?: number }
  /** An address, or the copy in the cache, failed for that reason; the next is tried, or the same again. */
  | { type: 'retry'; file: string; url: string; reason: string }
  /** No checksum of the file is published; this one was seen, and, where `pinned`, is what the file must have from now on. */
  | { type: 'unverified'; file: string; sha256: string; pinned: boolean }
  /** The cache cannot be written: the data are used, and not kept. */
  | { type: 'uncached'; folder: string; reason: string };

/** How a data set is fetched. */
export interface FetchOptions {
  /**
   * Whether the files must be the published ones, by their checksums, or, where none is known, what was first seen.
   * Default true.
   */
  verify?: boolean;
  /** Whether to use no network. Default false. */
  offline?: boolean;
  /** Folders that serve the compressed files, tried in turn. Default: those of the description. */
  mirrors?: readonly string[];
  /** How long a server may send nothing, in milliseconds. Default 30,000. */
  timeout?: number;
  /** Stops the loading, which then rejects with the signal's reason; what was received is kept for the next time. */
  signal?: AbortSignal;
  /** Is told what happens. */
  onEvent?: (event: DatasetEvent) => void;
}
