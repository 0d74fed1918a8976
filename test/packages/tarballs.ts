import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputOf, pnpm } from './command';
import { publishedPackages } from './published-packages';

/** A folder of its own in the system's temporary folder, with a space and a letter outside ASCII in its path. */
export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'harmonic mlp é-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Packs every published package as `pnpm publish` would, into `destination`: the file names by package. */
export async function pack(destination: string): Promise<Map<string, string>> {
  const command = [...pnpm(), 'pack', '--pack-destination', destination];
  await Promise.all(publishedPackages.map(({ folder }) => outputOf(command, folder)));
  const files = new Set(await readdir(destination));
  return new Map(
    publishedPackages.map(({ name, manifest }) => {
      const file = `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
      if (!files.has(file)) throw new Error(`pnpm packed no ${file}, but ${[...files].join(', ')}.`);
      return [name, file];
    }),
  );
}

/** A tarball's bytes in a buffer of their own, as publint takes it. */
export async function readTarball(path: string): Promise<ArrayBuffer> {
  return Uint8Array.from(await readFile(path)).buffer;
}
