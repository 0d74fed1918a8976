import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { engine, version_core } from '@tensorflow/tfjs-core';
import { TrainerError } from '../errors';
import { addonPath, flawOf, type Installation, packageNames, silencerPath } from './installation';

/** TensorFlow, once it is loaded and active. */
export interface Loaded {
  /** TensorFlow's version. */
  version: string;
  /** Whether it computes on a graphics card. */
  usesGpu: boolean;
}

/** What only tfjs-node's backend has. */
interface NodeBackend {
  binding?: { TF_Version?: string };
  isUsingGpuDevice?: boolean;
}

/**
 * Loads tfjs-node, which makes itself the active backend. Its own copy of tfjs-core has the same version and shares this one's
 * engine.
 *
 * @throws {TrainerError} `INSTALLATION_UNUSABLE`.
 */
export async function loadTensorflow(installation: Installation): Promise<Loaded> {
  const flaw = flawOf(installation);
  if (flaw !== undefined) throw unusable(flaw);
  provideRemovedFunctions();
  try {
    silently(installation.folder, (require) => require(installation.folder));
  } catch (error) {
    throw unusable(loadFailure(error as NodeJS.ErrnoException, installation), error);
  }

  const found = engine().findBackend('tensorflow') as NodeBackend | null;
  const version = found?.binding?.TF_Version;
  if (version === undefined) {
    throw unusable(`The ${packageNames[installation.variant]} in ${installation.folder} has no backend.`);
  }
  if (!/^2\./.test(version)) {
    throw unusable(
      `The library in ${installation.folder} is TensorFlow ${version}, but tfjs-node ${version_core} needs TensorFlow 2.`,
    );
  }
  return { version, usesGpu: found?.isUsingGpuDevice === true };
}

const unusable = (problem: string, cause?: unknown) =>
  new TrainerError('INSTALLATION_UNUSABLE', problem, { cause });

/** tfjs-node calls functions of node:util that Node 22 warns of, and that Node 23 no longer has. */
function provideRemovedFunctions(): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
}

/**
 * Loads the library without its log messages, unless TF_CPP_MIN_LOG_LEVEL asks for them. TensorFlow reads that variable too
 * late for some of them, so the setup builds an addon that redirects standard error in the meantime.
 */
function silently<T>(folder: string, load: (require: NodeJS.Require) => T): T {
  const require = createRequire(join(folder, 'package.json'));
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const silencer = Number(process.env.TF_CPP_MIN_LOG_LEVEL) < 2 ? undefined : silencerOf(folder, require);
  silencer?.silence();
  try {
    return load(require);
  } finally {
    silencer?.restore();
  }
}

function silencerOf(
  folder: string,
  require: NodeJS.Require,
): { silence(): void; restore(): void } | undefined {
  try {
    return require(join(folder, silencerPath));
  } catch {
    // The official library does not need it, and a few more lines are no reason to fail.
    return undefined;
  }
}

/** Why an installation does not load, as a sentence. */
function loadFailure(error: NodeJS.ErrnoException, { folder, variant }: Installation): string {
  // The first line names the file and the problem; the stack of requires follows.
  const message = error.message.split('\n')[0].replace(/\.$/, '');
  if (error.code !== 'ERR_DLOPEN_FAILED') {
    return `The ${packageNames[variant]} in ${folder} does not load: ${message}.`;
  }
  // The loader also reports a file for another processor as missing.
  const other =
    message.includes('tfjs_binding.node: cannot open') && existsSync(join(folder, addonPath()))
      ? `, although it exists: it is not for ${process.platform} on ${process.arch}`
      : '';
  return `The addon of ${packageNames[variant]} does not load: ${message}${other}.`;
}
