import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Batch, Contender } from '../contender';
import { adam, freqScaleFactor, hiddenLayers, inputSize, norm, residual } from '../published-model';

const program = fileURLToPath(new URL('../python/peer.py', import.meta.url));

/**
 * OpenMP's threads spin for about 10 ms after their last work, which would disturb the next contender. Making them sleep
 * immediately (OMP_WAIT_POLICY=PASSIVE) would make PyTorch itself slower by half.
 */
const quietMilliseconds = 50;

/** The first of several Pythons that can import torch, and what it reports about itself. */
export function findPyTorch(candidates: readonly string[]): { python: string; version: string } | undefined {
  for (const python of candidates) {
    const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return undefined;
}

/** PyTorch with one thread and with all threads, with default Adam and with fused Adam. */
export async function pyTorch(python: string): Promise<Contender[]> {
  const threads = [...new Set([1, availableParallelism()])];
  const kinds = threads.flatMap((count) => [false, true].map((fused) => ({ threads: count, fused })));
  return Promise.all(kinds.map((kind) => startPeer(python, kind)));
}

interface Kind {
  threads: number;
  fused: boolean;
}

/** An array in the form that the program reads. */
interface ArrayFile {
  file: string;
  shape: number[];
  dtype: 'float32' | 'int32';
}

async function startPeer(python: string, kind: Kind): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), 'harmonic-mlp-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { give, end } = startProgram(python, kind);
  let files = 0;
  const save = async (data: Float32Array | Int32Array, shape: number[]): Promise<ArrayFile> => {
    const file = join(folder, String(files++));
    await writeFile(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { file, shape, dtype: data instanceof Float32Array ? 'float32' : 'int32' };
  };
  const saveBatch = async ({ inputs, labels, size }: Batch) => ({
    inputs: await save(inputs, [size, inputSize]),
    labels: await save(labels, [size]),
  });
  /** A timed command, followed by a wait until its threads sleep. */
  const time = async <T>(order: object): Promise<T> => {
    const answer = await give<T>(order);
    if (kind.threads > 1) await setTimeout(quietMilliseconds);
    return answer;
  };

  await give({ order: 'hello' });
  return {
    name: `PyTorch, ${kind.threads === 1 ? '1 thread' : `${kind.threads} threads`}${kind.fused ? ', fused Adam' : ''}`,
    predictsAlike: kind.fused,
    async create({ weights, ...start }) {
      const saved: Record<string, ArrayFile> = {};
      for (const [path, { data, shape }] of Object.entries(weights)) saved[path] = await save(data, shape);
      const periods = hiddenLayers.map((layer) => [...layer.periods]);
      const settings = { ...start, adam, norm, residual, freqScaleFactor, periods };
      await give({ order: 'create', weights: saved, settings });
      return {
        load: async (batches) => {
          await give({ order: 'load', batches: await Promise.all(batches.map(saveBatch)) });
        },
        train: (steps) => time({ order: 'train', steps }),
        show: async (images) => {
          await give({ order: 'show', images: await save(images, [images.length / inputSize, inputSize]) });
        },
        predict: async (times) => {
          type Answer = { milliseconds: number; probabilities: number[] };
          const { milliseconds, probabilities } = await time<Answer>({ order: 'predict', times });
          return { milliseconds, probabilities: Float32Array.from(probabilities) };
        },
        dispose: async () => {},
      };
    },
    close: end,
  };
}

/** The Python program, which receives one command after the other. */
function startProgram(python: string, { threads, fused }: Kind) {
  const { OMP_WAIT_POLICY: _, ...env } = process.env;
  const child: ChildProcessWithoutNullStreams = spawn(
    python,
    [program, '--threads', String(threads), ...(fused ? ['--fused'] : [])],
    { env },
  );
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async give<T>(order: object): Promise<T> {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`PyTorch's program ended: ${complaints.join('').trim()}`);
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(`PyTorch: ${answer.error}`);
      return answer;
    },
    async end() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
