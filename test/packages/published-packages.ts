import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The fields of a package.json that these tests read. */
export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  license?: string;
  keywords?: string[];
  engines?: { node?: string };
  sideEffects?: boolean;
  exports: Record<string, string | Record<'import' | 'require', { types: string; default: string }>>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export interface PublishedPackage {
  name: string;
  folder: string;
  manifest: Manifest;
  /** The specifier that programs import: `name`, `name/node`. */
  entries: { specifier: string; files: Record<'import' | 'require', { types: string; default: string }> }[];
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** All packages of the workspace that are not private. */
export const publishedPackages: PublishedPackage[] = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name))
  .filter((folder) => existsSync(join(folder, 'package.json')))
  .map((folder) => ({ folder, manifest: readManifest(folder) }))
  .filter(({ manifest }) => !manifest.private)
  .map(({ folder, manifest }) => ({
    name: manifest.name,
    folder,
    manifest,
    entries: Object.entries(manifest.exports).flatMap(([subpath, files]) =>
      typeof files === 'string' ? [] : [{ specifier: manifest.name + subpath.slice(1), files }],
    ),
  }));

/** The TensorFlow.js packages that a package asks its users to install. */
export const tensorflowPeers = ({ manifest }: Pick<PublishedPackage, 'manifest'>): string[] =>
  Object.keys(manifest.peerDependencies ?? {}).filter((name) => name.startsWith('@tensorflow/'));
