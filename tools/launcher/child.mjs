import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment } from './environment.mjs';
import { root } from './workspace.mjs';

/** A program that this one needs did not do its work; `log` is what it said. */
export class Failed extends Error {
  constructor(message, log = []) {
    super(message);
    this.log = log;
  }
}

/** The user has ended it. */
export class Interrupted extends Error {}

/**
 * Runs a program in the repository to its end.
 *
 * @param onLine gets each line of its output.
 * @throws {Interrupted} once it has ended after a signal that this process got.
 */
export async function runChild([program, ...args], { environment = {}, shell = false, onLine }) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...childEnvironment(), ...environment },
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let interrupted = false;
  const passOn = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', onLine);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(signal ?? code));
    });
    if (interrupted) throw new Interrupted();
    return code;
  } finally {
    for (const signal of signals) process.off(signal, passOn);
  }
}
