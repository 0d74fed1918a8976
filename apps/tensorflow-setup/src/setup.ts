import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  codeOf,
  flawOf,
  type Installation,
  installationIn,
  libraryFolder,
  makeFolder,
  note,
  packageNames,
  projectFolder,
  reason,
  renamePatiently,
  TrainerError,
  tensorflowFolder,
  type Variant,
} from '@harmonic-mlp/node-trainer';
import { version_core } from '@tensorflow/tfjs-core';
import { installOfficially } from './official';
import { type Proof, prove } from './proof';
import { type RunOptions, runProgram } from './run-program';
import { findTools, installFromWheel } from './wheel';

/** The sources of TensorFlow's library: TensorFlow's own download, or its Python wheel. */
export const roads = ['official', 'wheel'] as const;

export type Road = (typeof roads)[number];

/** How TensorFlow is set up. */
export interface SetupOptions {
  variant: Variant;
  /** Whether to reinstall what is already there. */
  force?: boolean;
  /** Default: TensorFlow's own download, or the wheel if that fails. */
  from?: Road;
  /** Interrupts the setup, which then leaves everything as it was. */
  signal?: AbortSignal;
  /** Reports each step, in a line. */
  say: (line: string) => void;
}

/** What has been set up, or was already there. */
export interface Setup extends Proof {
  folder: string;
  /** The size of the folder in bytes, and that of TensorFlow's library in it. */
  size: { all: number; library: number };
}

/**
 * Installs tfjs-node and TensorFlow's library, and trains on it to prove that it works. Everything is installed in a temporary
 * folder, which is moved into place once it is proven.
 *
 * @throws {TrainerError} that says what failed and what to do; the reason of the signal.
 */
export async function setUp({ variant, force = false, from, signal, say }: SetupOptions): Promise<Setup> {
  requirePlatform(variant, from);
  const root = tensorflowFolder();
  const place = projectFolder(variant, root);
  const options: RunOptions = { signal };
  await makeRoot(root);
  await clearUp(root, place);

  if (!force && existsSync(place)) {
    const proof = await proveExisting(variant, root, say, signal);
    if (proof !== undefined) return { ...proof, folder: place, size: await sizesOf(place, variant, root) };
  }

  const work = join(root, `${unfinished}${process.pid}`);
  try {
    await mkdir(work);
    const installation = installationIn(variant, work);
    await installPackage(variant, work, say, options);
    await installLibrary(installation, from, say, options);
    await note(installation);
    say('Training a few steps on it');
    const proof = await prove(installation, signal);
    signal?.throwIfAborted();
    await replace(place, projectFolder(variant, work));
    return { ...proof, folder: place, size: await sizesOf(place, variant, root) };
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
}

function requirePlatform(variant: Variant, from?: Road): void {
  if (variant === 'cpu') return;
  if (process.arch !== 'x64' || !['linux', 'win32'].includes(process.platform)) {
    throw new TrainerError('UNSUPPORTED', {
      problem: `TensorFlow.js supports NVIDIA cards only on x64 Linux and Windows, and this is ${process.platform} ${process.arch}.`,
      fix: 'Leave out --gpu.',
    });
  }
  if (from === 'wheel') {
    throw new TrainerError('UNSUPPORTED', {
      problem: 'The wheel has no library for graphics cards.',
      fix: 'Leave out --from wheel, or --gpu.',
    });
  }
}

/** The prefix of the temporary folder of a setup, before the ID of its process. */
const unfinished = 'unfinished-';

/** The name of an installation while it is being replaced. */
const replacedName = (place: string) => `${place}.replaced`;

async function makeRoot(root: string): Promise<void> {
  try {
    await makeFolder(root);
  } catch (error) {
    const problem = `The folder cannot be created: ${reason(error)}.`;
    throw new TrainerError('UNWRITABLE', { problem, file: root }, { cause: error });
  }
}

/** Removes what killed setups have left, and puts back an installation that one was replacing. */
async function clearUp(root: string, place: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith(unfinished) || isRunning(Number(name.slice(unfinished.length)))) continue;
    await rm(join(root, name), { recursive: true, force: true });
  }
  const replaced = replacedName(place);
  if (!existsSync(replaced)) return;
  if (existsSync(place)) await rm(replaced, { recursive: true, force: true });
  else await renamePatiently(replaced, place);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Tries the installation that is there; undefined if it has to be reinstalled. */
async function proveExisting(
  variant: Variant,
  root: string,
  say: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<Proof | undefined> {
  const flaw = flawOf(installationIn(variant, root));
  if (flaw !== undefined) {
    say(`${flaw}\nReinstalling it`);
    return undefined;
  }
  say(
    `${packageNames[variant]} is already installed (use --force to reinstall it). Training a few steps on it`,
  );
  try {
    return await prove(installationIn(variant, root), signal);
  } catch (error) {
    signal?.throwIfAborted();
    say(`${(error as Error).message}\nReinstalling it`);
    return undefined;
  }
}

/** Has npm install the package in the version of TensorFlow.js that is in use, without running its install script. */
async function installPackage(
  variant: Variant,
  work: string,
  say: (line: string) => void,
  options: RunOptions,
): Promise<void> {
  const project = projectFolder(variant, work);
  await mkdir(project);
  const dependencies = { [packageNames[variant]]: version_core, 'node-api-headers': '^1.9.0' };
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
  say(`Installing ${packageNames[variant]} ${version_core} with npm, 300 MB`);
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runProgram('npm', args, { ...options, cwd: project, isScript: true });
}

/** Installs the library from the given source, or else from the first that works. */
async function installLibrary(
  installation: Installation,
  from: Road | undefined,
  say: (line: string) => void,
  options: RunOptions,
): Promise<void> {
  if (from !== 'wheel') {
    try {
      return await installOfficially(installation, say, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const { message } = error as Error;
      if (from === 'official' || installation.variant === 'gpu' || process.platform !== 'linux') {
        const problem = `TensorFlow's library cannot be downloaded: ${message}`;
        throw new TrainerError('DOWNLOAD_FAILED', problem, { cause: error });
      }
      say(`TensorFlow's library cannot be downloaded: ${message}`);
      say('Taking it from the Python wheel instead');
    }
  }
  const tools = await findTools(options);
  for (const folder of ['deps', 'lib']) {
    // The remains of a failed download would be in the way.
    await rm(join(installation.folder, folder), { recursive: true, force: true });
  }
  await installFromWheel(installation, tools, say, options);
}

/** Moves a folder into place, and replaces the one that is there, if any. */
async function replace(place: string, made: string): Promise<void> {
  const replaced = replacedName(place);
  const isReplaced = existsSync(place);
  if (isReplaced) await renamePatiently(place, replaced);
  try {
    await renamePatiently(made, place);
  } catch (error) {
    if (isReplaced) await renamePatiently(replaced, place);
    const problem = `The installation cannot be moved here: ${reason(error)}.`;
    throw new TrainerError('UNWRITABLE', { problem, file: place }, { cause: error });
  }
  await rm(replaced, { recursive: true, force: true });
}

async function sizesOf(place: string, variant: Variant, root: string): Promise<Setup['size']> {
  const library = join(installationIn(variant, root).folder, libraryFolder);
  return { all: await sizeOf(place), library: await sizeOf(library) };
}

/** The size of a folder's files in bytes; links are not followed. */
async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    size += entry.isDirectory() ? await sizeOf(path) : (await lstat(path)).size;
  }
  return size;
}
