import { join } from 'node:path';
import type { CacheEntry, Received, ReceiveOptions } from '../cache-entry';
import type { CacheFolder } from './cache-folder';
import { readBytes } from './folder';
import { PartialFile } from './partial-file';
import { pinPath, readPin, writePin } from './pin';
import { receive } from './receive';

/** One file of a data set in a folder of the cache. */
export class FileCacheEntry implements CacheEntry {
  readonly #cache: CacheFolder;
  readonly #dataset: string;
  readonly #file: string;
  /** The file in the cache itself, even if a temporary folder replaces the cache. */
  readonly #home: string;
  readonly #tags = new Map<string, string>();
  #part?: PartialFile;
  readonly restore?: () => Promise<boolean>;

  /**
   * @param file the name of the compressed file.
   * @param restore gets the file from an archive, if there is one.
   */
  constructor(cache: CacheFolder, dataset: string, file: string, restore?: () => Promise<boolean>) {
    this.#cache = cache;
    this.#dataset = dataset;
    this.#file = file;
    this.restore = restore;
    this.#home = join(cache.home, dataset, file);
  }

  get name(): string {
    return join(this.#cache.root, this.#dataset, this.#file);
  }

  get pinName(): string {
    return pinPath(this.#home);
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      return await readBytes(this.name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A file where a folder should be is reported when the folder is written.
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  async readPin(): Promise<string | undefined> {
    return (await readPin(this.#home)) ?? readPin(this.name);
  }

  async pin(sum: string): Promise<boolean> {
    try {
      await writePin(this.#home, sum);
      return true;
    } catch {
      return false;
    }
  }

  async receive(url: string, options: ReceiveOptions): Promise<Received & { bytes: Uint8Array }> {
    await this.#cache.writable(this.#dataset);
    this.#part ??= await PartialFile.open(this.name);
    const received = await receive(url, this.#part, { ...options, tags: this.#tags });
    return { ...received, bytes: await this.#part.read() };
  }

  async keep(): Promise<void> {
    await this.#part?.finish();
  }

  async discard(): Promise<void> {
    await this.#part?.clear();
  }

  /** Leaves the received part of an incomplete file for the next attempt. */
  async close(): Promise<void> {
    await this.#part?.leave();
  }
}
