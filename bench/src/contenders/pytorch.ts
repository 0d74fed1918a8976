import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Batch, Contender } from '../contender';
import { adam, norm } from '../network';
import { type OrderedProgram, startProgram } from '../orders';
import { nameThreads, threadCounts } from '../threads';

const program = fileURLToPath(new URL('../python/peer.py', import.meta.url));

/**
 * OpenMP's threads spin for about 10 ms after their last work, which would disturb the next contender. Making them sleep
 * immediately (OMP_WAIT_POLICY=PASSIVE) would make PyTorch itself slower by half.
 */
const quietMilliseconds = 50;

/**
 * A Python that can import torch, and what it reports about itself, or why there is none.
 *
 * @param given one; default: those that a machine usually has.
 */
export function findPyTorch(given?: string): { python: string; version: string } | { reason: string } {
  for (const python of given === undefined ? ['python3', 'python'] : [given]) {
    const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status === 0) return { python, version: stdout.trim() };
  }
  const lacks = given === undefined ? 'neither python3 nor python has' : `${given} does not have`;
  return { reason: `${lacks} it. To compare with it: pip install torch, or name a Python by --python.` };
}

type Optimization = 'none' | 'fused' | 'compiled';

interface Kind {
  threads: number;
  optimization: Optimization;
}

const titles = { none: '', fused: ', fused Adam', compiled: ', compiled' };

/** PyTorch with one thread, two, and all: with default Adam and with fused Adam. */
export const pyTorch = (python: string): Promise<Contender[]> =>
  Promise.all(
    threadCounts
      .flatMap((threads) => (['none', 'fused'] as const).map((optimization) => ({ threads, optimization })))
      .map(async (kind) => (await startPeer(python, kind)).contender),
  );

/** `torch.compile` with fused Adam, with one thread and with all; or why it does not work here. */
export async function compiledPyTorch(python: string): Promise<Contender[] | { reason: string }> {
  const started: Contender[] = [];
  // One after the other: what the first one compiles, the second one finds.
  for (const threads of new Set([1, availableParallelism()])) {
    const { contender, compiles } = await startPeer(python, { threads, optimization: 'compiled' });
    started.push(contender);
    if (compiles === true) continue;
    await Promise.all(started.map(({ close }) => close?.()));
    return { reason: String(compiles) };
  }
  return started;
}

/** An array in the form that the program reads. */
interface ArrayFile {
  file: string;
  shape: number[];
  dtype: 'float32' | 'int32';
}

async function startPeer(
  python: string,
  kind: Kind,
): Promise<{ contender: Contender; compiles?: true | string }> {
  const folder = await mkdtemp(join(tmpdir(), 'harmonic-mlp-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { give, end } = startPeerProgram(python, kind);
  let files = 0;
  const save = async (data: Float32Array | Int32Array, shape: number[]): Promise<ArrayFile> => {
    const file = join(folder, String(files++));
    await writeFile(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { file, shape, dtype: data instanceof Float32Array ? 'float32' : 'int32' };
  };
  const saveBatch = async ({ inputs, targets, size }: Batch) => ({
    inputs: await save(inputs, [size, inputs.length / size]),
    targets: await save(targets, targets instanceof Int32Array ? [size] : [size, targets.length / size]),
  });
  /** A timed command, followed by a wait until its threads sleep. */
  const time = async <T>(order: object): Promise<T> => {
    const answer = await give<T>(order);
    if (kind.threads > 1) await setTimeout(quietMilliseconds);
    return answer;
  };

  const { compiles } = await give<{ compiles?: true | string }>({ order: 'hello' });
  const contender: Contender = {
    name: `PyTorch, ${nameThreads(kind.threads)}${titles[kind.optimization]}`,
    predictsAlike: kind.optimization !== 'none',
    async create({ network, weights, ...start }) {
      const saved: Record<string, ArrayFile> = {};
      for (const [path, { data, shape }] of Object.entries(weights)) saved[path] = await save(data, shape);
      const { task, hidden, residual, isNormalized } = network;
      const settings = { ...start, adam, norm: isNormalized ? norm : null, residual, hidden, task };
      await give({ order: 'create', weights: saved, settings });
      return {
        load: async (batches) => {
          await give({ order: 'load', batches: await Promise.all(batches.map(saveBatch)) });
        },
        train: (steps, before = 1) => time({ order: 'train', steps, before }),
        show: async (inputs) => {
          const { inputSize } = network;
          await give({ order: 'show', inputs: await save(inputs, [inputs.length / inputSize, inputSize]) });
        },
        predict: async (times) => {
          type Answer = { milliseconds: number; outputs: number[] };
          const { milliseconds, outputs } = await time<Answer>({ order: 'predict', times });
          return { milliseconds, outputs: Float32Array.from(outputs) };
        },
        dispose: async () => {},
      };
    },
    close: end,
  };
  return { contender, ...(compiles !== undefined && { compiles }) };
}

/** The Python program, which receives one command after the other. */
function startPeerProgram(python: string, { threads, optimization }: Kind): OrderedProgram {
  const { OMP_WAIT_POLICY: _, ...env } = process.env;
  const options = ['--threads', String(threads), '--optimization', optimization];
  return startProgram('PyTorch', python, [program, ...options], env);
}
