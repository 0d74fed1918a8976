import type { TransferOptions } from './transfer';

/** Options of {@link CacheEntry.receive}. */
export interface ReceiveOptions
  extends Pick<TransferOptions, 'maxBytes' | 'timeout' | 'signal' | 'onProgress'> {
  /** Called with the reason why the transfer was cut off, before it continues. */
  onRetry(reason: string): void;
}

/** How a file was received. */
export interface Received {
  /** Whether part of it was already there. */
  resumed?: boolean;
  /** Whether the platform decompressed it in transit, so that its compressed bytes are unknown. */
  unpacked?: boolean;
}

/** One file in a cache, or the place for it while it is missing. */
export interface CacheEntry {
  /** The name of the file in errors and events. */
  readonly name: string;
  /** The name of the pinned checksum in errors. */
  readonly pinName: string;
  /** The file, if it is there. */
  read(): Promise<Uint8Array | undefined>;
  /** The checksum first seen, if one was kept. */
  readPin(): Promise<string | undefined>;
  /**
   * Keeps a checksum.
   *
   * @returns whether it succeeded.
   */
  pin(sum: string): Promise<boolean>;
  /**
   * Gets the file from a source other than the mirrors. Default: there is no other source.
   *
   * @returns whether it succeeded.
   */
  restore?(): Promise<boolean>;
  /** Receives the file without moving it into place yet. */
  receive(url: string, options: ReceiveOptions): Promise<Received & { bytes: Uint8Array }>;
  /** Moves the received file into place. */
  keep(bytes: Uint8Array): Promise<unknown>;
  /** Discards what was received. */
  discard?(): Promise<void>;
}
