import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export { defaultCache as cacheFolder } from '@harmonic-mlp/mnist-data/node';

/** The folder, in the current one, of the runs without an --out. */
export const runsFolder = 'runs';

/** The folder, in the current one, of the sweeps without an --out. */
export const sweepsFolder = 'sweeps';

/** A folder named after the local date and time. */
export function datedFolder(parent: string, now = new Date()): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return join(parent, local.toISOString().slice(0, 19).replaceAll(':', '-'));
}

/** Where TensorFlow is installed: in this package, or in the folder that HARMONIC_MLP_TENSORFLOW names. */
export function tensorflowFolder(): string {
  const given = process.env.HARMONIC_MLP_TENSORFLOW;
  if (given) return resolve(withHome(given));
  // The sources and the build lie at different depths in the package.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, '.tensorflow');
}

/** A path with a leading `~` replaced by the home folder: shells do not do so after an equals sign or within quotes. */
export function withHome(path: string): string {
  const rest = path.match(/^~(?:$|[/\\](.*))/s);
  return rest === null ? path : join(homedir(), rest[1] ?? '');
}
