import { spawn } from 'node:child_process';
import { childEnvironment, codeOf, TrainerError } from '@harmonic-mlp/node-trainer';

/** A program that failed, or could not be started. */
export class ProgramFailure extends TrainerError {
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
  /** What it had written to standard output. */
  readonly output: string;

  constructor(
    message: string,
    { signal = null, output = '' }: { signal?: NodeJS.Signals | null; output?: string } = {},
  ) {
    super('PROGRAM_FAILED', message);
    this.signal = signal;
    this.output = output;
  }
}

/** How a program is run. */
export interface RunOptions {
  cwd?: string;
  /** Default: that of this process, without a debugger. */
  env?: NodeJS.ProcessEnv;
  /** Ends the program, and those that it has started. */
  signal?: AbortSignal;
  /** The time limit in milliseconds. */
  timeout?: number;
  /** Whether the program is a script installed by npm, which on Windows only a shell can start. */
  isScript?: boolean;
}

/** How many of the last lines of a program's standard error are shown when it fails. */
const shownLines = 6;

/**
 * Runs a program without showing its output.
 *
 * @returns what it wrote to standard output.
 * @throws {ProgramFailure} with the last lines that it wrote to standard error; the reason of the signal.
 */
export async function runProgram(
  program: string,
  args: string[],
  { cwd, env = childEnvironment(), signal, timeout, isScript = false }: RunOptions = {},
): Promise<string> {
  signal?.throwIfAborted();
  const isWindows = process.platform === 'win32';
  // Detached, in a process group of its own, so that it can be ended with everything that it has started.
  // A shell takes a single command, and Node warns about arguments beside it. Those of scripts here need no quotes.
  const inShell = isScript && isWindows;
  const child = spawn(inShell ? [program, ...args].join(' ') : program, inShell ? [] : args, {
    cwd,
    env,
    detached: !isWindows,
    shell: inShell,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const output = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.error = (output.error + text).slice(-20_000);
  });
  const end = () => {
    if (child.pid === undefined) return;
    try {
      if (isWindows) spawn('taskkill', ['/pid', String(child.pid), '/t', '/f']).on('error', () => {});
      else process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has already ended.
    }
  };
  let isLate = false;
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          isLate = true;
          end();
        }, timeout);
  signal?.addEventListener('abort', end);
  try {
    const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', (error: Error) => {
        const reason = codeOf(error) === 'ENOENT' ? 'it is not installed' : error.message;
        reject(new ProgramFailure(`${program} cannot be run: ${reason}.`));
      });
      child.on('close', (...ending) => resolve(ending));
    });
    signal?.throwIfAborted();
    if (code === 0) return output.out;
    if (isLate) throw new ProgramFailure(`${program} did not end within ${timeout! / 1000} s.`);
    const last = lastLines(output.error || output.out);
    if (killedBy !== null) {
      throw new ProgramFailure(`${program} was ended by ${killedBy}.${last}`, { signal: killedBy });
    }
    throw new ProgramFailure(`${program} failed with exit code ${code}.${last}`, { output: output.out });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

function lastLines(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return lines
    .slice(-shownLines)
    .map((line) => `\n  ${line.slice(0, 500)}`)
    .join('');
}
