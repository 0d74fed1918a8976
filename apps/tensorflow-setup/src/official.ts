import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { childEnvironment, flawOf, type Installation, TrainerError } from '@harmonic-mlp/node-trainer';
import { ProgramFailure, type RunOptions, runProgram } from './run-program';

/** How long to wait for the server's response, and for the whole download, in milliseconds. */
const patience = { answer: 10_000, all: 1_800_000 };

/**
 * Has tfjs-node's own script download TensorFlow's library and the addon, or build the addon if there is none to download.
 *
 * @param say reports each step.
 * @throws {TrainerError} `DOWNLOAD_FAILED`, `PROGRAM_FAILED` or `INSTALLATION_UNUSABLE`; the reason of the signal.
 */
export async function installOfficially(
  installation: Installation,
  say: (line: string) => void,
  options: RunOptions,
): Promise<void> {
  const { folder, variant } = installation;
  const server = await serverOf(folder);
  // The script itself would wait for minutes.
  try {
    await fetch(server, {
      method: 'HEAD',
      signal: anyOf(AbortSignal.timeout(patience.answer), options.signal),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const { cause, message } = error as Error;
    const reason = cause instanceof Error && cause.message ? cause.message : message;
    throw new TrainerError('DOWNLOAD_FAILED', `${server} cannot be reached: ${reason}.`, { cause: error });
  }
  say(`Downloading TensorFlow's library from ${server}`);
  // The script calls a program of its dependencies by name.
  const path = [join(folder, '..', '..', '.bin'), process.env.PATH].join(delimiter);
  const scripts = [join('scripts', 'install.js'), variant, 'download'];
  try {
    await runProgram(process.execPath, scripts, {
      ...options,
      timeout: patience.all,
      cwd: folder,
      env: { ...childEnvironment(), PATH: path, Path: undefined },
    });
  } catch (error) {
    if (error instanceof ProgramFailure) await requireFile(error, options);
    throw error;
  }
  const flaw = flawOf(installation);
  if (flaw !== undefined) {
    throw new TrainerError('INSTALLATION_UNUSABLE', `The download ended early. ${flaw}`);
  }
}

/** Asks the server again about the address that the script printed, since the script takes any response for the file. */
async function requireFile({ output }: ProgramFailure, { signal }: RunOptions): Promise<void> {
  const address = /^https?:\S+$/m.exec(output)?.[0];
  if (address === undefined) return;
  const limit = anyOf(AbortSignal.timeout(patience.answer), signal);
  const answer = await fetch(address, { method: 'HEAD', signal: limit }).catch(() => undefined);
  signal?.throwIfAborted();
  if (answer !== undefined && !answer.ok) {
    throw new TrainerError('DOWNLOAD_FAILED', `The server answers HTTP ${answer.status} for ${address}.`);
  }
}

/** The server of the library: the one set for tfjs-node in the environment, or else that of its addons. */
async function serverOf(folder: string): Promise<string> {
  const { TFJS_NODE_CDN_STORAGE, CDN_STORAGE, TFJS_NODE_BASE_URI } = process.env;
  const chosen = TFJS_NODE_BASE_URI || TFJS_NODE_CDN_STORAGE || CDN_STORAGE;
  const { binary } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return new URL(chosen ?? binary.host).origin;
}

const anyOf = (...signals: (AbortSignal | undefined)[]) =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));
