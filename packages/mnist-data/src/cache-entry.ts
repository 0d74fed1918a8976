import type { TransferOptions } from './transfer';

/** How {@link CacheEntry.receive} goes about it. */
export interface ReceiveOptions
  extends Pick<TransferOptions, 'maxBytes' | 'timeout' | 'signal' | 'onProgress'> {
  /** Is told why the transfer was cut off, before it continues. */
  onRetry(reason: string): void;
}

/** How a file was received. */
export interface Received {
  /** Whether a part of it was there already. */
  resumed?: boolean;
  /** Whether the platform has decompressed it on the way, so that its compressed bytes are not known. */
  unpacked?: boolean;
}

/** One file in a cache, or its place while it is missing. */
export interface CacheEntry {
  /** What errors and events call the file in the cache. */
  readonly name: string;
  /** What errors call the pinned checksum. */
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
  /**
   * Gets the file from elsewhere than the mirrors. Default: there is no other source.
   *
   * @returns whether that was possible.
   */
  restore?(): Promise<boolean>;
  /** Receives the file, without putting it in its place yet. */
  receive(url: string, options: ReceiveOptions): Promise<Received & { bytes: Uint8Array }>;
  /** Puts what was received in its place. */
  keep(bytes: Uint8Array): Promise<unknown>;
  /** Throws away what was received. */
  discard?(): Promise<void>;
}
