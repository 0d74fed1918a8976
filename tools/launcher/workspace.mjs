import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** The packages of the workspace by name, each with its folder, relative to the root, and its manifest. */
export function workspacePackages() {
  const folders = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
  );
  return new Map(
    [...folders, 'bench', 'studies'].flatMap((folder) => {
      const path = join(root, folder, 'package.json');
      if (!statSync(path, { throwIfNoEntry: false })) return [];
      const manifest = readJson(path);
      return [[manifest.name, { folder, manifest }]];
    }),
  );
}

/** The given packages of the workspace, or all of them, along with those that they depend on. */
export function withDependencies(names) {
  const all = workspacePackages();
  const found = new Map();
  const add = (name) => {
    const each = all.get(name);
    if (each === undefined || found.has(name)) return;
    found.set(name, each);
    for (const dependency of Object.keys(each.manifest.dependencies ?? {})) add(dependency);
  };
  for (const name of names ?? all.keys()) add(name);
  return found;
}

/** The program of an installed package, according to `bin` in its manifest, or a file in the folder. */
export function programFile(folder, name) {
  if (name.startsWith('.')) return join(root, folder, name);
  const place = join(root, folder, 'node_modules', name);
  const { bin } = readJson(join(place, 'package.json'));
  const own = name === 'typescript' ? 'tsc' : name.split('/').at(-1);
  return join(place, typeof bin === 'string' ? bin : bin[own]);
}

/** Folders that are not sources of a build. */
const notSources = new Set(['node_modules', 'dist', 'generated', 'runs', 'test']);

/** The sizes and times of all source files of a folder's build. */
function* sourcesIn(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (notSources.has(entry.name) || entry.name.startsWith('.')) continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      yield* sourcesIn(path);
      continue;
    }
    // A temporary file of an editor may already be gone.
    const status = statSync(join(root, path), { throwIfNoEntry: false });
    if (status !== undefined) yield `${path} ${status.size} ${status.mtimeMs}`;
  }
}

const commonSources = ['pnpm-lock.yaml', 'turbo.json', 'tsconfig.base.json', 'tsup.config.base.ts'];

/** A hash that changes whenever a source of these packages may have changed. */
export function stateOfSources(packages) {
  const hash = createHash('sha256').update(process.version);
  for (const name of commonSources) hash.update(readFileSync(join(root, name)));
  for (const { folder } of packages.values()) for (const file of sourcesIn(folder)) hash.update(file);
  return hash.digest('hex');
}

/** A hash that changes whenever the dependencies change. */
export function stateOfDependencies() {
  const hash = createHash('sha256');
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(join(root, name)));
  for (const { folder } of workspacePackages().values())
    hash.update(readFileSync(join(root, folder, 'package.json')));
  return hash.digest('hex');
}
