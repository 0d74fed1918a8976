import { type PeakModule, peakModule, scalarsAt, type Tile } from './module';

/** The peak of this machine in WebAssembly, on one thread. */
export interface Peak {
  /** `relaxed` if multiply-adds are fused. */
  simd: 'relaxed' | 'fixed';
  /** The names of the tiles with which a product's inner loop is tried. */
  tiles: string[];
  /** Operations per second of a product's inner loop in the first-level cache, in 10⁹; a multiply-add counts as two. */
  measureGflops(tile: string): number;
  /** Bytes per second that `a + s·b` reads and writes over a working set of the given size in bytes, in 10⁹. */
  measureBandwidth(workingSet: number): number;
}

/**
 * Rows by vectors of four columns. When fused, twelve sums and their factors fill the sixteen registers of x86; with separate
 * multiplication and addition, the engine runs out of registers, and fewer sums are faster by half.
 */
const tiles: readonly Tile[] = [
  { rows: 6, vectors: 2 },
  { rows: 5, vectors: 2 },
  { rows: 4, vectors: 2 },
];
const nameOf = ({ rows, vectors }: Tile) => `${rows}×${4 * vectors}`;

/** The largest working set for measuring bandwidth. */
const largest = 16 * 2 ** 20;
const sampleMilliseconds = 20;
const mostSamples = 20;
/** Steps of the inner loop; at 32 bytes of vectors each, they end before the scalars start. */
const depth = scalarsAt / 64;

export async function openPeak(): Promise<Peak> {
  const opened = await Promise.all(tiles.map((tile) => peakModule(largest, tile)));
  const modules = new Map<string, { module: PeakModule; sums: number }>();
  opened.forEach(({ module }, i) => {
    // No denormals and, with this many sums, no infinities.
    new Float32Array(module.memory.buffer).fill(1e-3);
    modules.set(nameOf(tiles[i]), { module, sums: tiles[i].rows * tiles[i].vectors });
  });
  const [{ module: any, relaxed }] = opened;
  return {
    simd: relaxed ? 'relaxed' : 'fixed',
    tiles: [...modules.keys()],
    measureGflops(tile) {
      const { module, sums } = modules.get(tile)!;
      return rate(depth * sums * 4 * 2, (times) => module.multiplyAdd(depth, times));
    },
    measureBandwidth(workingSet) {
      const size = Math.floor(Math.min(workingSet, largest) / 3 / 16) * 16;
      return rate(3 * size, (times) => {
        for (let i = 0; i < times; i++) any.triad(0, size, 2 * size, size);
      });
    },
  };
}

/**
 * The highest work per second, in 10⁹, of short samples, until three in a row are no better. An engine optimizes a loop only after
 * it has run for a while, and what else runs on the machine can only slow it down.
 */
function rate(work: number, run: (times: number) => void): number {
  const time = (times: number) => {
    const started = performance.now();
    run(times);
    return performance.now() - started;
  };
  let times = 1;
  while (time(times) < sampleMilliseconds / 2) times *= 2;
  let best = 0;
  for (let samples = 0, worse = 0; samples < mostSamples && worse < 3; samples++) {
    const found = (work * times) / time(times) / 1e6;
    worse = found > 1.01 * best ? 0 : worse + 1;
    best = Math.max(best, found);
  }
  return best;
}
