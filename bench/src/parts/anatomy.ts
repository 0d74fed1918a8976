import { backend, getKernelsForBackend, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { showMilliseconds } from '../comparison';
import type { Batch, Contender, Start } from '../contender';
import { withKernels } from '../kernels';
import { openPeak, type Peak } from '../peak/peak';
import { median } from '../statistics';
import { table } from '../table';

/** The work of one kind of kernel in a training step. */
export interface KernelShare {
  /** The kernel's name; for a large product also rows × depth × columns. */
  name: string;
  calls: number;
  /** Per step. */
  milliseconds: number;
  /** For a large product: 10⁹ operations per second, of those that are done. */
  gflops?: number;
  /** The share of operations that is done, because the others are with the background of images; 1 for a plain product. */
  done: number;
}

/** The breakdown of a training step with the kernels. */
export interface Anatomy {
  batchSize: number;
  milliseconds: number;
  kernels: KernelShare[];
  /** The part of the step outside of kernels: tfjs's bookkeeping, the gradients, the model's own code. */
  outside: number;
  /** 10⁹ operations per second for the inner loop of a product alone; NaN if plain products were faster in all attempts. */
  peak: number;
}

/** A product with this many operations counts as large: packing hardly matters. */
const large = 2e7;
/** How often the peak is measured until no plain product is faster. */
const mostAttempts = 5;

/** Runs steps of a tfjs contender, timing each kernel. */
export async function dissectStep(
  contender: Contender,
  start: Start,
  batches: readonly Batch[],
  { rounds, steps }: { rounds: number; steps: number },
  onTurn: (where: string) => void,
): Promise<Anatomy> {
  const peak = await openPeak();
  const model = await contender.create(start);
  await model.load(batches);
  const found: Anatomy[] = [];
  await withKernels('all', async () => {
    await model.train(10 * steps);
    const clocks = clockKernels();
    try {
      await model.train(1); // Looks at the inputs of large products, which takes time.
      for (let round = 0; round < rounds; round++) {
        onTurn(`round ${round + 1} of ${rounds}`);
        clocks.reset();
        const started = performance.now();
        await model.train(steps);
        const count = steps + 1; // One step precedes its own clock.
        const milliseconds = (performance.now() - started) / count;
        const kernels = clocks.read().map(
          ({ calls, total, flop, done, name }): KernelShare => ({
            name,
            calls: calls / count,
            milliseconds: total / count,
            done,
            ...(flop >= large && { gflops: (flop * done * calls) / total / 1e6 }),
          }),
        );
        const inside = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
        found.push({
          batchSize: batches[0].size,
          milliseconds,
          kernels: kernels.sort((a, b) => b.milliseconds - a.milliseconds),
          outside: 1 - inside / milliseconds,
          peak: peakAbove(peak, kernels),
        });
      }
    } finally {
      clocks.stop();
    }
  });
  await model.dispose();
  // One actual round, rather than medians that do not add up.
  const middle = median(found.map(({ milliseconds }) => milliseconds));
  return found.sort((a, b) => Math.abs(a.milliseconds - middle) - Math.abs(b.milliseconds - middle))[0];
}

/** A machine whose plain products beat its peak has not shown its peak: it is measured again, a few times. */
function peakAbove(peak: Peak, kernels: readonly KernelShare[]): number {
  const plain = kernels.flatMap(({ gflops, done }) => (gflops !== undefined && done === 1 ? gflops : []));
  let best = 0;
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    best = Math.max(best, ...peak.tiles.map((tile) => peak.measureGflops(tile)));
    if (plain.every((gflops) => gflops <= best)) return best;
  }
  return Number.NaN;
}

interface Clock {
  name: string;
  calls: number;
  /** Milliseconds, excluding the kernels that it calls. */
  total: number;
  /** Operations per call. */
  flop: number;
  /** The share of them that is done. */
  done: number;
}

/** Times every kernel of the wasm backend, at almost no cost outside the kernels. */
function clockKernels() {
  const clocks = new Map<string, Clock>();
  const shares = new Map<string, number>();
  let within = 0;
  const restore = getKernelsForBackend('wasm').map((config) => {
    const { kernelName, kernelFunc } = config;
    const sizesOf = products[kernelName];
    const clockOf = (name: string, flop: number, done: number): Clock => {
      const clock = clocks.get(name) ?? { name, calls: 0, total: 0, flop, done };
      clocks.set(name, clock);
      return clock;
    };
    const clocked: KernelFunc = (call) => {
      const started = performance.now();
      const outer = within;
      within = 0;
      const result = kernelFunc(call);
      const sizes = sizesOf?.(call.inputs as Inputs) ?? [];
      const flop = sizes.reduce((product, size) => product * size, 2);
      const elapsed = performance.now() - started;
      const name = flop >= large ? `${kernelName} ${sizes.join('×')}` : kernelName;
      if (!shares.has(name)) shares.set(name, flop >= large ? foregroundOf(call.inputs as Inputs) : 1);
      const clock = clockOf(name, flop, shares.get(name)!);
      clock.calls += 1;
      clock.total += elapsed - within;
      within = outer + elapsed;
      return result;
    };
    config.kernelFunc = clocked;
    return () => {
      config.kernelFunc = kernelFunc;
    };
  });
  return {
    reset: () => clocks.clear(),
    read: () => [...clocks.values()],
    stop: () => {
      for (const each of restore) each();
    },
  };
}

type Inputs = Record<string, TensorInfo>;

/** The share of a layer's inputs that a product with the kernels multiplies: those that are not background, if most are. */
function foregroundOf({ x }: Inputs): number {
  if (x === undefined) return 1;
  const values = backend().readSync(x.dataId) as Float32Array;
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const share = 1 - Math.max(...counts.values()) / values.length;
  return share < 0.4 ? share : 1;
}

/** The products of dense layers: rows, depth, and columns. */
const products: Record<string, (inputs: Inputs) => number[]> = {
  'HarmonicMLP.Dense': ({ x, kernel }) => [...x.shape, kernel.shape[1]],
  'HarmonicMLP.DenseInputGradient': ({ dy, kernel }) => [...dy.shape, kernel.shape[0]],
  'HarmonicMLP.DenseKernelGradient': ({ x, dy }) => [x.shape[1], ...dy.shape],
};

export function showAnatomy({ batchSize, milliseconds, kernels, outside, peak }: Anatomy): string {
  const shown = kernels.filter((kernel) => kernel.milliseconds >= milliseconds / 200);
  const others = kernels.filter((kernel) => !shown.includes(kernel));
  const total = (values: readonly KernelShare[], of: 'calls' | 'milliseconds') =>
    values.reduce((sum, kernel) => sum + kernel[of], 0);
  const row = (name: string, calls: string, time: number, gflops?: number) => [
    name.replace('HarmonicMLP.', ''),
    calls,
    showMilliseconds(time),
    `${(100 * (time / milliseconds)).toFixed(1)}%`,
    gflops === undefined
      ? ''
      : `${gflops.toFixed(1)} GFLOP/s${Number.isNaN(peak) ? '' : `, ${Math.round((100 * gflops) / peak)}%`}`,
  ];
  return [
    `What a step is made of, batch ${batchSize}, with kernels`,
    table(
      ['milliseconds', 'calls', 'time', 'share', 'rate, of peak'],
      [
        ...shown.map(({ name, calls, milliseconds, gflops, done }) =>
          row(
            done === 1 ? name : `${name}, ${Math.round(100 * done)}% of it`,
            calls.toFixed(0),
            milliseconds,
            gflops,
          ),
        ),
        row('other kernels', total(others, 'calls').toFixed(0), total(others, 'milliseconds')),
        row('outside kernels', '', outside * milliseconds),
        row('step', total(kernels, 'calls').toFixed(0), milliseconds),
      ],
    ),
  ].join('\n');
}
