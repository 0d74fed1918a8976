import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Timing } from '../../src';

/** Short times, so that tests need not wait for locks; but a busy machine may take long to start a worker. */
export const quick: Timing = {
  lock: 1200,
  stalledCheck: 400,
  poll: 300,
  retry: 200,
  grace: 1500,
  alone: 60_000,
};

/** The data of a trial that the workers of tests run. */
export interface Sum {
  steps: number;
  seed: number;
  /** Thrown at a step. */
  error?: { step: number; message: string; code?: string };
  /** The name of a worker that computes something else. */
  wrong?: string;
}

/** What a trial gives after some steps. */
export function sumOf({ steps, seed }: Sum): number {
  let value = seed;
  for (let step = 0; step < steps; step++) value = (value * 48_271 + step) % 2_147_483_647;
  return value;
}

/** The result of such a trial. */
export interface SumResult {
  exact: { value: number };
  /** The step at which it started, after a checkpoint. */
  from: number;
  steps: number;
  worker: string;
}

/** What a worker process says. */
export interface Said {
  event: string;
  key?: string;
  text?: string;
  hasCheckpoint?: boolean;
}

/** A worker in a process of its own. */
export class WorkerProcess {
  readonly said: Said[] = [];
  /** Everything it printed. */
  output = '';
  readonly #child: ChildProcess;

  constructor(
    url: string,
    readonly name: string,
    options: { stepMs?: number; concurrency?: number; ignoresProgress?: boolean } = {},
    env: NodeJS.ProcessEnv = {},
  ) {
    const program = fileURLToPath(new URL('worker-process.mjs', import.meta.url));
    this.#child = spawn(
      process.execPath,
      [program, JSON.stringify({ url, name, timing: quick, stepMs: 20, ...options })],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    );
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.output += `${line}\n`;
      this.said.push(JSON.parse(line));
    });
    this.#child.stderr!.on('data', (data) => {
      this.output += `stderr: ${data}`;
    });
  }

  /** Its sentences. */
  get notices(): string[] {
    return this.said.filter(({ event }) => event === 'notice').map(({ text }) => text!);
  }

  /** The keys of the trials that something happened to. */
  keys(event: string): string[] {
    return this.said.filter((said) => said.event === event).map(({ key }) => key!);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it and waits for that; its exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return exitCode;
    this.#child.kill(signal);
    const closed = once(this.#child, 'close');
    const isClosed = await Promise.race([closed.then(() => true), delay(25_000, false, { ref: false })]);
    if (!isClosed) throw new Error(`The worker ${this.name} does not end. It has printed:\n${this.output}`);
    return (await closed)[0];
  }
}
