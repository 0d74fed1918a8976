import { tidy } from '@tensorflow/tfjs-core';
import { showMilliseconds, showRatio } from '../comparison';
import type { Batch } from '../contender';
import { interleave } from '../interleave';
import { withKernels } from '../kernels';
import { openPeak } from '../peak/peak';
import { ratios, type Summary, summarize } from '../statistics';
import { table } from '../table';
import { kernelCases } from './kernel-cases';

/** The time of one operation with and without the kernels. */
export interface KernelTiming {
  name: string;
  work: { amount: number; unit: 'flop' | 'byte' };
  /** Milliseconds. */
  kernel: Summary & { rounds: number[] };
  /** Milliseconds without the kernels: tfjs's own kernel, or the operation composed of tfjs's own. */
  stock: Summary & { rounds: number[] };
  /** Stock by kernel. */
  ratio: Summary;
  /** 10⁹ operations or bytes per second, with the kernel. */
  rate: number;
  /** The rate as a fraction of the machine's peak, round by round. */
  ofPeak: Summary;
}

/** The machine's peak in WebAssembly on one thread, measured in every round. */
export interface PeakTiming {
  simd: 'relaxed' | 'fixed';
  /** 10⁹ operations per second with each tile, fastest first; the first is the peak. */
  gflops: { tile: string; gflops: Summary & { rounds: number[] } }[];
  /** 10⁹ bytes per second, by working set size in bytes. */
  bandwidth: { workingSet: number; gigabytes: Summary & { rounds: number[] } }[];
}

/** The results of {@link timeKernels}. */
export interface KernelFigures {
  peak: PeakTiming;
  kernels: KernelTiming[];
}

/** The size of Adam's arrays, and of an activation's, which fit in the second-level cache. */
const workingSets = [15e6, 0.75e6];
const turnMilliseconds = 15;

/** Times each kernel alone, along with the peak in every round. */
export async function timeKernels(
  batch: Batch,
  rounds: number,
  onTurn: (where: string) => void,
): Promise<KernelFigures> {
  const peak = await openPeak();
  const cases = kernelCases(batch);
  const timed = cases.flatMap(({ name, run }) => {
    // Once with the kernel and once without it, each repeated to fill a turn; the warm-up determines how often.
    const turn = () => {
      let times = 1;
      return async () => {
        const started = performance.now();
        for (let i = 0; i < times; i++) tidy(() => void run());
        const each = (performance.now() - started) / times;
        times = Math.min(10_000, Math.max(1, Math.round(turnMilliseconds / Math.max(each, 1e-4))));
        return each;
      };
    };
    const [kernel, stock] = [turn(), turn()];
    return [
      { name: `${name} kernel`, run: () => withKernels('all', kernel) },
      { name: `${name} stock`, run: stock },
    ];
  });
  const peaks = [
    ...peak.tiles.map((tile) => ({ name: `peak ${tile}`, run: async () => peak.measureGflops(tile) })),
    ...workingSets.map((size) => ({ name: `peak ${size}`, run: async () => peak.measureBandwidth(size) })),
  ];
  const found = await interleave([...timed, ...peaks], { rounds, warmUps: 3 }, onTurn);
  const withRounds = (name: string) => ({ ...summarize(found[name]), rounds: found[name] });

  const gflops = peak.tiles
    .map((tile) => ({ tile, gflops: withRounds(`peak ${tile}`) }))
    .sort((a, b) => b.gflops.median - a.gflops.median);

  const kernels = cases.map(({ name, work }): KernelTiming => {
    const [kernel, stock] = [withRounds(`${name} kernel`), withRounds(`${name} stock`)];
    const workingSet = workingSets.at(work.amount > workingSets[1] * 2 ? 0 : 1);
    const top = work.unit === 'flop' ? gflops[0].gflops.rounds : found[`peak ${workingSet}`];
    const rates = kernel.rounds.map((milliseconds) => work.amount / milliseconds / 1e6);
    return {
      name,
      work,
      kernel,
      stock,
      ratio: summarize(ratios(stock.rounds, kernel.rounds)),
      rate: summarize(rates).median,
      ofPeak: summarize(ratios(rates, top)),
    };
  });
  const bandwidth = workingSets.map((workingSet) => ({
    workingSet,
    gigabytes: withRounds(`peak ${workingSet}`),
  }));
  return { peak: { simd: peak.simd, gflops, bandwidth }, kernels };
}

export function showKernels({ peak, kernels }: KernelFigures): string {
  const cells = kernels.map(({ name, work, kernel, stock, ratio, rate, ofPeak }) => [
    name,
    showMilliseconds(kernel.median),
    showMilliseconds(stock.median),
    showRatio(ratio.median),
    `${rate.toFixed(1)} ${work.unit === 'flop' ? 'GFLOP/s' : 'GB/s   '}`,
    `${Math.round(100 * ofPeak.median)}%`,
  ]);
  const [memory, cache] = peak.bandwidth.map(
    ({ workingSet, gigabytes }) => `${gigabytes.median.toFixed(1)} GB/s over ${workingSet / 1e6} MB`,
  );
  const [top, ...others] = peak.gflops.map(
    ({ tile, gflops }) => `${gflops.median.toFixed(1)} in tiles of ${tile}`,
  );
  return [
    'Each kernel alone, milliseconds',
    table(['', 'kernel', 'stock', 'ratio', 'rate', 'of peak'], cells),
    '',
    `Peak on one thread, ${peak.simd} SIMD: a product's inner loop reaches GFLOP/s of`,
    `${top}, ${others.join(', ')};`,
    `${memory}, ${cache}`,
  ].join('\n');
}
