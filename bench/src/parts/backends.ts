import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { resolveConfig } from 'harmonic-mlp';
import { type Comparison, compare } from '../comparison';
import { interleave } from '../interleave';
import { type Backend, backends } from '../options';
import { median } from '../statistics';

/** The batch size of most networks, and one suited to graphics cards. */
const batchSizes = [128, 4096];

/** The first of these is discarded, because engines and shaders compile in it. */
const epochs = 3;

/** Relative to the built bench, which is two folders below the root. */
const main = fileURLToPath(new URL('../../apps/node-trainer/dist/main.js', import.meta.url));

async function trainer(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { maxBuffer: 2 ** 24 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A backend of the command line, and the device it computes on. */
interface Found {
  backend: Backend;
  title: string;
}

/** Which of the backends work here, and why the others do not. Very slow ones have to be named explicitly. */
async function find(given: readonly Backend[] | undefined): Promise<{ found: Found[]; missing: string[] }> {
  const found: Found[] = [];
  const missing: string[] = [];
  for (const backend of given ?? backends.filter((name) => name !== 'cpu')) {
    const events = await trainer('try-backend', JSON.stringify({ backend, kernels: true }));
    const { started, reason } = Object.assign({}, ...events) as {
      started?: { description: string; adapter?: 'hardware' | 'software' };
      reason?: string;
    };
    if (started === undefined) missing.push(`${backend} is not measured: ${reason}`);
    else if (started.adapter === 'software' && given === undefined) {
      missing.push(`${started.description}, is not measured unless it is named: --backend wasm,${backend}`);
    } else found.push({ backend, title: started.description });
  }
  return { found, missing };
}

/**
 * Training steps and epochs of the published model on each backend of the command line, with each turn in its own process. A
 * step includes making its batch and reading losses; an epoch is one pass over MNIST, including validation.
 */
export async function timeBackends(
  given: readonly Backend[] | undefined,
  rounds: number,
  onTurn: (where: string) => void,
): Promise<{ comparisons: Comparison[]; missing: string[]; busy: string[] }> {
  const { found, missing } = await find(given);
  const comparisons: Comparison[] = [];
  const busy: string[] = [];
  for (const batchSize of batchSizes) {
    const shares = new Map<string, number[]>();
    const steps = found.map(({ backend, title }) => ({
      name: title,
      async run() {
        const workload = { model: resolveConfig(), batchSize, background: 0.81 };
        const trial = { backend, kernels: true, workload, measureSoftware: true };
        const rate = (await trainer('try-backend', JSON.stringify(trial))).at(-1) as {
          stepSeconds: number;
          busy: number;
        };
        shares.set(title, [...(shares.get(title) ?? []), rate.busy]);
        return 1000 * rate.stepSeconds;
      },
    }));
    comparisons.push(
      compare(`A training step, batch ${batchSize}`, await interleave(steps, { rounds, warmUps: 0 }, onTurn)),
    );
    for (const [title, values] of shares) {
      busy.push(
        `${title}, batch ${batchSize}: the thread of JavaScript is busy ${(100 * median(values)).toFixed(0)}% of a step`,
      );
    }
    const turns = found.map(({ backend, title }) => ({
      name: title,
      run: () => timeEpoch(backend, batchSize),
    }));
    comparisons.push(
      compare(
        `An epoch of MNIST with its validation, batch ${batchSize}, of a run of ${epochs}`,
        await interleave(turns, { rounds, warmUps: 0 }, onTurn),
      ),
    );
  }
  return { comparisons, missing, busy };
}

/** Milliseconds. */
async function timeEpoch(backend: Backend, batchSize: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const events = await trainer(
      ...['train', '--preset', 'published', '--json', '--seed', '1'],
      ...['--epochs', String(epochs), '--out', folder],
      ...['--backend', backend, '--batch-size', String(batchSize)],
    );
    const seconds = events.filter(({ event }) => event === 'epoch').map(({ seconds }) => seconds as number);
    return 1000 * median(seconds.slice(1));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
