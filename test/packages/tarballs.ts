import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onceInRun } from '../support/once-in-run';
import { outputOf, pnpm } from './command';
import { publishedPackages, root } from './published-packages';

/** A new folder in the system's temporary folder, with a space and a non-ASCII letter in its path. */
export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'harmonic mlp é-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Packs every published package as `pnpm publish` would, once for all tests: the tarballs' paths by package. */
export const packed = (): Promise<Record<string, string>> =>
  onceInRun('tarballs', async (folder) => {
    const filters = publishedPackages.flatMap(({ name }) => ['--filter', name]);
    await outputOf([...pnpm(), '--recursive', ...filters, 'pack', '--pack-destination', folder], root);
    const files = new Set(await readdir(folder));
    return Object.fromEntries(
      publishedPackages.map(({ name, manifest }) => {
        const file = `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
        if (!files.has(file)) throw new Error(`pnpm packed no ${file}, but ${[...files].join(', ')}.`);
        return [name, join(folder, file)];
      }),
    );
  });

/** A tarball's bytes in their own buffer, as publint requires. */
export async function readTarball(path: string): Promise<ArrayBuffer> {
  return Uint8Array.from(await readFile(path)).buffer;
}
