import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { childEnvironment, flawOf, type Installation } from '@harmonic-mlp/node-trainer';
import { ProgramFailure, type RunOptions, runProgram } from './run-program';

/** How long to wait for the server's answer, and for all that it sends, in milliseconds. */
const patience = { answer: 10_000, all: 1_800_000 };

/**
 * Has tfjs-node's own script download TensorFlow's library, and its addon, or build that where there is none.
 *
 * @param say is told what is being done.
 * @throws {Error} whose message is a sentence, when it cannot be had; the reason of the signal.
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
    throw new Error(`${server} cannot be reached: ${reason}.`, { cause: error });
  }
  say(`Downloading TensorFlow's library from ${server}`);
  // It calls a program of its dependencies by name.
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
  if (flaw !== undefined) throw new Error(`The download has ended early. ${flaw}`);
}

/** The script takes any answer for the file. It has written the address, so that the server can be asked again. */
async function requireFile({ output }: ProgramFailure, { signal }: RunOptions): Promise<void> {
  const address = /^https?:\S+$/m.exec(output)?.[0];
  if (address === undefined) return;
  const limit = anyOf(AbortSignal.timeout(patience.answer), signal);
  const answer = await fetch(address, { method: 'HEAD', signal: limit }).catch(() => undefined);
  signal?.throwIfAborted();
  if (answer !== undefined && !answer.ok) {
    throw new Error(`${address} is answered with HTTP ${answer.status}.`);
  }
}

/** Whoever wants the library from elsewhere tells tfjs-node so, and otherwise it is where its addons are. */
async function serverOf(folder: string): Promise<string> {
  const { TFJS_NODE_CDN_STORAGE, CDN_STORAGE, TFJS_NODE_BASE_URI } = process.env;
  const chosen = TFJS_NODE_BASE_URI || TFJS_NODE_CDN_STORAGE || CDN_STORAGE;
  const { binary } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return new URL(chosen ?? binary.host).origin;
}

const anyOf = (...signals: (AbortSignal | undefined)[]) =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));
