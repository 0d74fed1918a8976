import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Backend } from '../options';

/** Relative to the built bench, which is two folders below the root. */
const main = fileURLToPath(new URL('../../apps/node-trainer/dist/main.js', import.meta.url));

/** Longer than any of these commands should take: a driver may hang. */
const timeout = 1_200_000;

/** The events of a command of the command line. */
async function trainer(...args: string[]): Promise<Record<string, unknown>[]> {
  const options = { maxBuffer: 2 ** 24, timeout };
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], options);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** What is tried on a backend; without a workload, whether it starts. */
interface Trial {
  backend: Backend;
  kernels: boolean;
  adapter?: 'null';
  workload?: { model: object; batchSize: number; background: number };
  measureSoftware?: boolean;
}

/** What a trial found. */
export interface Found {
  started?: { description: string; device: string; adapter?: 'hardware' | 'software' };
  reason?: string;
  stepSeconds?: number;
  busy?: number;
  calls?: { dispatches: number; uploads: number; submissions: number };
}

/** Tries a backend in a process of its own, which a driver may crash. */
export async function tryBackend(trial: Trial): Promise<Found> {
  try {
    return Object.assign({}, ...(await trainer('try-backend', JSON.stringify(trial))));
  } catch (error) {
    const { signal, stderr } = error as { signal?: string; stderr?: string };
    return { reason: signal ? `Its process ended by ${signal}.` : lastLine(stderr) };
  }
}

const lastLine = (text = ''): string => text.trim().split('\n').at(-1) || 'Its process failed.';

/** An epoch of a run. */
export interface TrainedEpoch {
  seconds: number;
  testAccuracy: number;
}

/** Trains on MNIST, and gives the epochs. */
export async function trainedEpochs(...options: string[]): Promise<TrainedEpoch[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const events = await trainer('train', '--json', '--seed', '1', '--out', folder, ...options);
    return events.filter(({ event }) => event === 'epoch') as unknown as TrainedEpoch[];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Trains on MNIST until so many of the test images are recognized after an epoch, and then ends the training.
 *
 * @returns the time from the start of the command, and the epoch.
 */
export async function trainUntil(
  accuracy: number,
  options: readonly string[],
): Promise<{ seconds: number; epoch: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const began = performance.now();
  const child = spawn(process.execPath, [main, 'train', '--json', '--out', folder, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve).once('error', reject);
  });
  try {
    for await (const line of createInterface(child.stdout)) {
      const { event, testAccuracy, epoch } = JSON.parse(line);
      if (event === 'epoch' && testAccuracy >= accuracy)
        return { seconds: (performance.now() - began) / 1000, epoch };
    }
    const code = await ended;
    const problem = code === 0 ? `did not reach ${accuracy}` : `ended with ${code}`;
    throw new Error(`This training ${problem}: train ${options.join(' ')}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
