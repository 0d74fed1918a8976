import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { pnpmCommand, repositoryCommand } from '../command-line';
import { flush, writeWhole } from '../file-system';
import { tensorflowFolder } from '../folders';

/** What TensorFlow computes on: the processor, or an NVIDIA card. */
export type Variant = 'cpu' | 'gpu';

/** The npm packages of TensorFlow.js on TensorFlow's C library. */
export const packageNames = { cpu: '@tensorflow/tfjs-node', gpu: '@tensorflow/tfjs-node-gpu' } as const;

/** The command that installs one. */
export const setupCommand = (variant: Variant = 'cpu', ...options: string[]) =>
  repositoryCommand('setup:tensorflow', ...(variant === 'gpu' ? ['--gpu'] : []), ...options);

/** Why there is no backend, and what would make it available. */
export const notInstalled = () => ({
  reason: 'TensorFlow is not installed.',
  remedy: `Install it with ${setupCommand()}.`,
});

/** How to repair an installation. */
export const remedyFor = ({ variant, ours }: Installation): string =>
  ours
    ? `Install it again with ${setupCommand(variant, '--force')}.`
    : `Repair it with ${pnpmCommand(`rebuild ${packageNames[variant]}`)}, or remove it and run ${setupCommand(variant)}.`;

/** A tfjs-node on this machine, complete or not. */
export interface Installation {
  variant: Variant;
  /** The folder of the npm package. */
  folder: string;
  /** Whether the setup installed it, rather than the user. */
  ours: boolean;
}

/** The project in which npm installs a variant. */
export const projectFolder = (variant: Variant, root = tensorflowFolder()) =>
  join(root, packageNames[variant].split('/')[1]);

/** What the setup installed, or would install. */
export const installationIn = (variant: Variant, root = tensorflowFolder()): Installation => ({
  variant,
  folder: join(projectFolder(variant, root), 'node_modules', packageNames[variant]),
  ours: true,
});

/** The installation to use: the setup's before a user's own, and of each one for graphics cards first. */
export function findInstallation(): Installation | undefined {
  const root = tensorflowFolder();
  for (const variant of ['gpu', 'cpu'] as const) {
    if (existsSync(projectFolder(variant, root))) return installationIn(variant, root);
  }
  const { resolve } = createRequire(import.meta.url);
  for (const variant of ['gpu', 'cpu'] as const) {
    try {
      const folder = dirname(resolve(`${packageNames[variant]}/package.json`));
      return { variant, folder, ours: false };
    } catch {
      // It is not there either.
    }
  }
  return undefined;
}

/** The versions of Node-API for which there are folders of tfjs-node's addon. */
const napiVersions = [3, 4, 5, 6, 7, 8];

/** The addon that tfjs-node loads on this Node, relative to the package. */
export function addonPath(napi = Number(process.versions.napi)): string {
  const version = Math.max(...napiVersions.filter((each) => each <= napi));
  return join('lib', `napi-v${version}`, 'tfjs_binding.node');
}

/** The library's folder in the package. */
export const libraryFolder = join('deps', 'lib');

/**
 * The addon that silences the library while it is loaded, relative to the package; the setup builds it for the wheel's library,
 * since the official one does not need it.
 */
export const silencerPath = join('..', '..', '..', 'silencer.node');

/** Whether a file is TensorFlow's main library, on any platform. */
export const isLibrary = (name: string) => /^(lib)?tensorflow(_cc)?\.(so|dylib|dll|\d+\.dylib)/.test(name);

/** The file in which the setup notes the size of each native file, in bytes. */
const noteOf = ({ folder }: Installation) => join(folder, '..', '..', '..', 'installed.json');

/** The files in the library's folder, relative to the package. */
const libraryFiles = (folder: string): string[] =>
  existsSync(join(folder, libraryFolder))
    ? readdirSync(join(folder, libraryFolder)).map((name) => join(libraryFolder, name))
    : [];

/**
 * Notes the files that have been installed, once they are on the disk: loading a file that has been truncated since would end
 * the process.
 */
export async function note(installation: Installation): Promise<void> {
  const sizes: Record<string, number> = {};
  for (const file of [addonPath(), ...libraryFiles(installation.folder)]) {
    const path = join(installation.folder, file);
    const status = lstatSync(path);
    if (!status.isFile()) continue;
    await flush(path);
    sizes[file] = status.size;
  }
  await writeWhole(noteOf(installation), `${JSON.stringify(sizes, null, 2)}\n`);
}

/**
 * What is visibly wrong with an installation, without loading it.
 *
 * @returns a sentence, or undefined if nothing is.
 */
export function flawOf(installation: Installation): string | undefined {
  const { folder, variant } = installation;
  const name = packageNames[variant];
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  } catch {
    return `The installation in ${folder} is incomplete: the package ${name} is missing.`;
  }
  if (found !== version_core) {
    return `${name} ${found} is installed, but TensorFlow.js ${version_core} needs ${name} ${version_core}.`;
  }
  const missing = missingPart(folder);
  if (missing !== undefined) return `The installation in ${folder} is incomplete: ${missing} is missing.`;
  const damage = installation.ours ? damageOf(installation) : undefined;
  return damage && `The installation in ${folder} is damaged: ${damage}.`;
}

function missingPart(folder: string): string | undefined {
  if (!existsSync(join(folder, addonPath()))) return `the addon ${addonPath()}`;
  // A dangling link does not count as existing.
  const isThere = libraryFiles(folder).some(
    (file) => isLibrary(basename(file)) && existsSync(join(folder, file)),
  );
  return isThere ? undefined : `TensorFlow's library in ${libraryFolder}`;
}

function damageOf(installation: Installation): string | undefined {
  let sizes: Record<string, number>;
  try {
    sizes = JSON.parse(readFileSync(noteOf(installation), 'utf8'));
  } catch {
    return undefined;
  }
  for (const [file, size] of Object.entries(sizes)) {
    const found = statSync(join(installation.folder, file), { throwIfNoEntry: false })?.size;
    if (found === undefined) return `${file} is missing`;
    if (found !== size) return `${file} has ${found} bytes instead of the ${size} that were installed`;
  }
  return undefined;
}
