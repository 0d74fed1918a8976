import { describe, expect, it } from 'vitest';
import { sweep, type TrialRecord } from '.';

const epochs = 9;

/** Rises with the epochs to the quality, and differs a little from seed to seed. */
const scoreOf = (quality: number, seed: number, epoch: number) =>
  quality + 0.01 * Math.sin(97 * (seed + 1) * (quality + 1)) + 0.01 * epoch;

const qualities = [0.5, 0.9, 0.7, 0.3, 0.8, 0.1];

function options(trained: string[] = []) {
  return {
    axes: { quality: qualities },
    seeds: 5,
    pruning: { startupTrials: 2 },
    async train({ id, values, seed, report }: Parameters<Parameters<typeof sweep>[0]['train']>[0]) {
      const quality = values.quality as number;
      trained.push(id);
      let epoch = 0;
      while (epoch++ < epochs)
        if ((await report({ epoch, score: scoreOf(quality, seed, epoch) })) === 'stop') break;
      return scoreOf(quality, seed, Math.min(epoch, epochs));
    },
  };
}

describe.each(['asha', 'median'] as const)('%s with several seeds', (prune) => {
  it.each([1, 2, 4])('leaves the best configuration complete with %i at once', async (jobs) => {
    const { best, configurations, pruned } = await sweep({ ...options(), prune, jobs });
    expect(best?.values).toEqual({ quality: 0.9 });
    expect(best?.scores.filter((score) => score !== undefined)).toHaveLength(5);
    expect(pruned).toBeGreaterThan(0);
    expect(configurations.map(({ state }) => state)).not.toContain('incomplete');
  });

  it('trains no other seed of a configuration whose first one was pruned', async () => {
    const trained: string[] = [];
    const { configurations, trials } = await sweep({ ...options(trained), prune });
    const pruned = configurations.filter(({ state }) => state === 'pruned');
    expect(pruned.length).toBeGreaterThan(0);
    for (const { configuration } of pruned)
      expect(trained.filter((id) => id.startsWith(`c${configuration}-`))).toEqual([`c${configuration}-s0`]);
    expect(trials).toBe(trained.length);
  });

  it('prunes the same after an interruption at any record', async () => {
    const records: TrialRecord[] = [];
    const whole = await sweep({ ...options(), prune, onRecord: (record) => records.push(record) });
    for (let length = 0; length <= records.length; length += 7)
      expect(await sweep({ ...options(), prune, earlier: records.slice(0, length) })).toEqual(whole);
  });
});

it('seeds of a single configuration do not prune each other', async () => {
  const { best } = await sweep({ ...options(), axes: { quality: [0.5] }, prune: 'asha', jobs: 3 });
  expect(best?.state).toBe('complete');
});
