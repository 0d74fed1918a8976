import { multiplyAddsPerStep, peakModule, scalarsAt } from './module';

/** The most that this machine does in WebAssembly, on one thread. */
export interface Peak {
  /** `relaxed` where multiply-adds are fused. */
  simd: 'relaxed' | 'fixed';
  /** Operations a second of a product's inner loop in the first-level cache, in 10⁹; a multiply-add is two. */
  measureGflops(): number;
  /** Bytes a second that `a + s·b` reads and writes over a working set of so many bytes, in 10⁹. */
  measureBandwidth(workingSet: number): number;
}

/** The largest working set that bandwidth is measured over. */
const largest = 16 * 2 ** 20;
const sampleMilliseconds = 20;

export async function openPeak(): Promise<Peak> {
  const { module, relaxed } = await peakModule(largest);
  // No denormals, no infinities: 1 in every cell of what is multiplied, and the sums are never read.
  new Float32Array(module.memory.buffer).fill(1e-3);

  const depth = 392;
  const run = (repeats: number) => {
    const started = performance.now();
    module.multiplyAdd(depth, repeats);
    return performance.now() - started;
  };
  if (depth * 32 > scalarsAt) throw new RangeError('The vectors run into the scalars.');

  const rate = (work: number, once: (times: number) => number) => {
    const estimate = once(4);
    const times = Math.max(1, Math.round((4 * sampleMilliseconds) / Math.max(estimate, 1e-3)));
    return (work * times) / once(times) / 1e6;
  };
  return {
    simd: relaxed ? 'relaxed' : 'fixed',
    measureGflops: () => rate(depth * multiplyAddsPerStep * 4 * 2, (times) => run(times)),
    measureBandwidth(workingSet) {
      const size = Math.floor(Math.min(workingSet, largest) / 3 / 16) * 16;
      return rate(3 * size, (times) => {
        const started = performance.now();
        for (let i = 0; i < times; i++) module.triad(0, size, 2 * size, size);
        return performance.now() - started;
      });
    },
  };
}
