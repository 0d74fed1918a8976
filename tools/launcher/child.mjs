import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment } from './environment.mjs';
import { onSignal } from './signals.mjs';
import { root } from './workspace.mjs';

/** A program that this one needs has failed; `log` is its output. */
export class Failed extends Error {
  constructor(message, log = []) {
    super(message);
    this.log = log;
  }
}

/** The user has interrupted it. */
export class Interrupted extends Error {}

const isWindows = process.platform === 'win32';
/** How long a program may take to shut down cleanly, in milliseconds. */
const patience = 3000;

/**
 * Runs a program in the repository until it ends.
 *
 * @param onLine receives each line of its output.
 * @throws {Interrupted} after a signal to this process, once the program and everything it started have ended.
 */
export async function runChild([program, ...args], { environment = {}, shell = false, onLine }) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...childEnvironment(), ...environment },
    // In its own process group, so that everything it starts can be ended as well.
    detached: !isWindows,
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const end = (signal) => {
    try {
      if (isWindows) spawn('taskkill', ['/pid', String(child.pid), '/t', '/f']).on('error', () => {});
      else process.kill(-child.pid, signal);
    } catch {
      // Everything has already ended.
    }
  };
  let timer;
  const endNow = () => end('SIGKILL');
  const stopListening = onSignal(() => {
    if (timer !== undefined) return endNow();
    end('SIGTERM');
    timer = setTimeout(endNow, patience);
  });
  process.on('exit', endNow);
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', onLine);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(signal ?? code));
    });
    if (timer !== undefined) throw new Interrupted();
    return code;
  } finally {
    clearTimeout(timer);
    process.off('exit', endNow);
    stopListening();
  }
}
