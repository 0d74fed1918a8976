import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { engine, version_core } from '@tensorflow/tfjs-core';
import { addonPath, flawOf, type Installation, packageNames, silencerPath } from './installation';

/** TensorFlow, loaded and the active backend. */
export interface Loaded {
  /** TensorFlow's version. */
  version: string;
  /** Whether it computes on a graphics card. */
  usesGpu: boolean;
}

/** What tfjs-node's backend has that no other has. */
interface NodeBackend {
  binding?: { TF_Version?: string };
  isUsingGpuDevice?: boolean;
}

/**
 * Loads tfjs-node, which makes itself the active backend. Its own copy of tfjs-core is of the same version and shares
 * this one's engine.
 *
 * @throws {Error} whose message is a sentence that says what is wrong with the installation.
 */
export async function loadTensorflow(installation: Installation): Promise<Loaded> {
  const flaw = flawOf(installation);
  if (flaw !== undefined) throw new Error(flaw);
  provideRemovedFunctions();
  try {
    silently(installation.folder, (require) => require(installation.folder));
  } catch (error) {
    throw new Error(loadFailure(error as NodeJS.ErrnoException, installation), { cause: error });
  }

  const found = engine().findBackend('tensorflow') as NodeBackend | null;
  const version = found?.binding?.TF_Version;
  if (version === undefined) {
    throw new Error(`The ${packageNames[installation.variant]} in ${installation.folder} brings no backend.`);
  }
  if (!/^2\./.test(version)) {
    throw new Error(
      `The library in ${installation.folder} is TensorFlow ${version}, but tfjs-node ${version_core} needs TensorFlow 2.`,
    );
  }
  return { version, usesGpu: found?.isUsingGpuDevice === true };
}

/** tfjs-node calls functions of node:util that Node 23 no longer has, and that Node 22 warns of. */
function provideRemovedFunctions(): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
}

/**
 * Loads without what the library says about itself, unless TF_CPP_MIN_LOG_LEVEL asks for it. TensorFlow looks at that
 * too late for some of it, so the setup builds what points the standard error elsewhere meanwhile.
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
    // The official library does without, and for a few lines nothing has to fail.
    return undefined;
  }
}

/** Why it does not load, as a sentence. */
function loadFailure(error: NodeJS.ErrnoException, { folder, variant }: Installation): string {
  // The first line names the file and what is wrong with it; the stack of requires follows.
  const message = error.message.split('\n')[0].replace(/\.$/, '');
  if (error.code !== 'ERR_DLOPEN_FAILED') {
    return `The ${packageNames[variant]} in ${folder} does not load: ${message}.`;
  }
  // The loader calls what is for another processor missing, too.
  const other =
    message.includes('tfjs_binding.node: cannot open') && existsSync(join(folder, addonPath()))
      ? `, although it is there: it is not for ${process.platform} on ${process.arch}`
      : '';
  return `The addon of ${packageNames[variant]} does not load: ${message}${other}.`;
}
