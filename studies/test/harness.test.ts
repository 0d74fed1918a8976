import { describe, expect, it } from 'vitest';
import { repeat, tune, tuneAndChoose, tuneAndRepeat } from '../src/harness';

describe('tuneAndRepeat', () => {
  /** Trains nothing: the error is the distance of the rate from the best one, in powers of ten. */
  function contender(best: number, rates: number[]) {
    const runs: { learningRate: number; seed: number }[] = [];
    return {
      runs,
      name: 'stub',
      rates,
      async train(run: { learningRate: number; seed: number }) {
        runs.push(run);
        const distance = Math.abs(Math.log10(run.learningRate / best));
        return { validation: run.learningRate > 1 ? Number.NaN : distance, seed: run.seed };
      },
    };
  }
  const setting = { seeds: 3, onProgress: () => {} };

  it('trains with the best rate from seeds that were not used to choose it', async () => {
    const stub = contender(1e-3, [1e-4, 1e-3, 1e-2]);
    const { learningRate, runs } = await tuneAndRepeat(stub, setting);
    expect(learningRate).toBe(1e-3);
    expect(runs.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    expect(stub.runs.map(({ seed }) => seed)).toEqual([0, 0, 0, 1, 2, 3]);
  });

  it.each([
    [1e-5, [1e-6, 1e-5, 1e-4, 1e-3, 1e-2]],
    [1e-1, [1e-4, 1e-3, 1e-2, 1e-1, 1]],
  ])('adds rates until the best, %d, is not at an edge', async (best, tried) => {
    const { learningRate, tuning } = await tuneAndRepeat(contender(best, [1e-4, 1e-3, 1e-2]), setting);
    expect(learningRate).toBe(best);
    expect(tuning.map((each) => each.learningRate)).toEqual(tried);
  });

  it('is made of tuning, which trains with seed 0 only, and of repeating', async () => {
    const stub = contender(1e-3, [1e-4, 1e-3, 1e-2]);
    const { learningRate, tuning } = await tune(stub, setting);
    expect(tuning).toHaveLength(3);
    expect(stub.runs.map(({ seed }) => seed)).toEqual([0, 0, 0]);
    expect(await repeat(stub, { ...setting, learningRate })).toEqual(
      [1, 2, 3].map((seed) => ({ validation: 0, seed })),
    );
  });

  it('tunes with the mean of several seeds if it is told to', async () => {
    const stub = contender(1e-3, [1e-4, 1e-3, 1e-2]);
    // With seed 0 alone, the highest rate is the best.
    const lucky = {
      ...stub,
      async train(run: { learningRate: number; seed: number }) {
        const figures = await stub.train(run);
        return run.seed === 0 && run.learningRate > 1e-3 ? { ...figures, validation: -0.5 } : figures;
      },
    };
    expect(await tune(lucky, setting)).toMatchObject({ learningRate: 1e-2 });
    const { learningRate, tuning } = await tune(lucky, { ...setting, tuningSeeds: [0, 8, 9] });
    expect(learningRate).toBe(1e-3);
    expect(tuning.map(({ validation }) => validation)).toEqual([1, 0, expect.closeTo(0.5)]);
  });

  it('prefers any choice to one that diverges', async () => {
    const diverging = { ...contender(1, [10, 20]), name: 'diverging' };
    const learning = { ...contender(1e-3, [1e-3, 1e-2]), name: 'learning' };
    const { contender: best } = await tuneAndChoose([diverging, learning], setting);
    expect(best.name).toBe('learning');
  });

  it('adds three rates at most', async () => {
    const { tuning } = await tuneAndRepeat(contender(1e-12, [1e-3, 1e-2]), setting);
    expect(tuning).toHaveLength(5);
  });

  it('does not choose a rate whose error is not a number', async () => {
    const { learningRate } = await tuneAndRepeat(contender(10, [0.1, 1, 10]), setting);
    expect(learningRate).toBe(1);
  });

  it('takes a single rate as it is', async () => {
    const stub = contender(1, [1e-4]);
    expect(await tuneAndRepeat(stub, setting)).toMatchObject({ learningRate: 1e-4, tuning: [] });
    expect(stub.runs).toHaveLength(3);
  });
});
