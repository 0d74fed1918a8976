import { resolveConfig } from 'harmonic-mlp';
import { type Comparison, compare } from '../comparison';
import { interleave } from '../interleave';
import { type Backend, backends } from '../options';
import { median } from '../statistics';
import { trainedEpochs, tryBackend } from './trainer';

/** The batch size of most networks, and one suited to graphics cards. */
const batchSizes = [128, 4096];

/** The first of these is discarded, because engines and shaders compile in it. */
const epochs = 3;

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
    const { started, reason } = await tryBackend({ backend, kernels: true });
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
  const lines: string[] = [];
  for (const batchSize of batchSizes) {
    const shares = new Map<string, number[]>();
    const steps = found.map(({ backend, title }) => ({
      name: title,
      async run() {
        const workload = { model: resolveConfig(), batchSize, background: 0.81 };
        const trial = { backend, kernels: true, workload, measureSoftware: true };
        const { stepSeconds = Number.NaN, busy = Number.NaN } = await tryBackend(trial);
        shares.set(title, [...(shares.get(title) ?? []), busy]);
        return 1000 * stepSeconds;
      },
    }));
    comparisons.push(
      compare(`A training step, batch ${batchSize}`, await interleave(steps, { rounds, warmUps: 0 }, onTurn)),
    );
    for (const [title, values] of shares) {
      lines.push(
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
  return { comparisons, missing, busy: lines };
}

/** Milliseconds. */
async function timeEpoch(backend: Backend, batchSize: number): Promise<number> {
  const options = ['--epochs', String(epochs), '--backend', backend, '--batch-size', String(batchSize)];
  const trained = await trainedEpochs('--preset', 'published', ...options);
  return 1000 * median(trained.slice(1).map(({ seconds }) => seconds));
}
