import { describe, expect, it, vi } from 'vitest';
import { type SweepOptions, sweep, type TrialRecord } from '.';

/** The greatest at x = 0.3, y = 2; a little different for each seed. */
const scoreOf = ({ x = 0, y = 0 }: { x?: number; y?: number }, seed: number) =>
  1 - (x - 0.3) ** 2 - (y - 2) ** 2 / 10 + seed / 1000;

describe('sweep', () => {
  it('trains each configuration of a grid with each seed, and gives the best by its mean', async () => {
    const trained: string[] = [];
    const result = await sweep({
      axes: { x: [0.1, 0.3], y: [1, 2, 3] },
      seeds: 3,
      train({ id, values, seed }) {
        trained.push(id);
        return scoreOf(values, seed);
      },
    });
    expect(trained).toHaveLength(18);
    expect(trained.slice(0, 4)).toEqual(['c0-s0', 'c0-s1', 'c0-s2', 'c1-s0']);
    expect(result).toMatchObject({ trials: 18, failed: 0, pruned: 0, aborted: false });
    const { best, configurations } = result;
    expect(best!.values).toEqual({ x: 0.3, y: 2 });
    expect(best!.scores).toEqual([1, 1.001, 1.002]);
    expect(best!.mean).toBeCloseTo(1.001, 12);
    // 4.30265 is the quantile of Student's t with two degrees of freedom.
    expect(best!.margin).toBeCloseTo((4.30265 * 0.001) / Math.sqrt(3), 7);
    expect(configurations.map(({ mean }) => mean)).toEqual(
      configurations.map(({ mean }) => mean).sort((a, b) => b - a),
    );
  });

  it('minimizes when told to', async () => {
    const { best } = await sweep({
      axes: { x: [3, 1, 2] },
      goal: 'minimize',
      train: ({ values }) => values.x!,
    });
    expect(best!.values).toEqual({ x: 1 });
  });

  it('records a failure, which stops no other, and compares only complete configurations', async () => {
    const records: TrialRecord[] = [];
    const { configurations, best, failed } = await sweep({
      axes: { x: [1, 2, 3] },
      seeds: 2,
      onRecord: (record) => records.push(record),
      train({ values, seed }) {
        if (values.x === 3 && seed === 1) throw new Error('no memory');
        return values.x === 1 ? Number.NaN : values.x!;
      },
    });
    expect(failed).toBe(1);
    expect(best!.values).toEqual({ x: 2 });
    expect(configurations.map(({ values, state }) => [values.x, state])).toEqual([
      [2, 'complete'],
      [3, 'failed'],
      [1, 'failed'],
    ]);
    expect(configurations[1].message).toBe('no memory');
    expect(records).toContainEqual({ event: 'failed', trial: 'c2-s1', message: 'no memory' });
  });

  it('gives a result although all trials fail', async () => {
    const train = () => {
      throw new Error('never');
    };
    const result = await sweep({ axes: {}, seeds: 2, train });
    expect(result).toMatchObject({ trials: 2, failed: 2 });
    expect(result.best).toBeUndefined();
  });

  it('trains as many trials at once as it has jobs, and never one twice', async () => {
    let running = 0;
    let most = 0;
    const trained: string[] = [];
    await sweep({
      axes: { x: [1, 2, 3, 4, 5] },
      seeds: 2,
      jobs: 3,
      async train({ id }) {
        most = Math.max(most, ++running);
        trained.push(id);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        running--;
        return 0;
      },
    });
    expect(most).toBe(3);
    expect(new Set(trained).size).toBe(10);
    expect(trained).toHaveLength(10);
  });
});

/** A sweep of three epochs each, which ends after so many records. */
async function interrupted(
  options: Partial<SweepOptions<{ x: readonly number[]; y: { from: number; to: number } }>>,
  after: number,
  earlier: TrialRecord[] = [],
) {
  const records = [...earlier];
  const ended = new AbortController();
  const trained: string[] = [];
  const result = await sweep({
    axes: { x: [0.1, 0.2, 0.3], y: { from: 0, to: 4 } },
    search: 'random',
    trials: 7,
    seeds: 2,
    signal: ended.signal,
    earlier,
    onRecord(record) {
      records.push(record);
      if (records.length - earlier.length >= after) ended.abort();
    },
    async train({ id, values, seed, report }) {
      trained.push(id);
      let score = 0;
      for (let epoch = 1; epoch <= 3; epoch++) {
        score = scoreOf(values, seed) + epoch / 10;
        if ((await report({ epoch, score })) === 'stop') break;
      }
      return { score, note: id };
    },
    ...options,
  });
  return { result, records, trained };
}

/** A trial that was about to be pruned is not trained for the rest of what it gives. */
const withoutResults = ({
  configurations,
  best,
  ...others
}: Awaited<ReturnType<typeof interrupted>>['result']) => ({
  ...others,
  best: best?.configuration,
  configurations: configurations.map(({ results: _, ...each }) => each),
});

describe('an interrupted sweep', () => {
  it.each(['random', 'tpe'] as const)(
    'goes on from its records as if nothing had happened, whenever it ends: %s',
    async (search) => {
      for (const prune of ['none', 'asha', 'median'] as const) {
        const options = { search, prune, trials: 12, pruning: { startupTrials: 2 } };
        const whole = await interrupted(options, Infinity);
        expect(whole.result.aborted).toBe(false);
        for (let after = 1; after < whole.records.length; after += 5) {
          const first = await interrupted(options, after);
          expect(first.result.aborted).toBe(true);
          // As a file of JSON lines has them.
          const saved = first.records.map((record) => JSON.parse(JSON.stringify(record)));
          const second = await interrupted(options, Infinity, saved);
          expect(withoutResults(second.result), `${prune}, after ${after} records`).toEqual(
            withoutResults(whole.result),
          );
          const ended = saved.filter(({ event }) => ['finished', 'pruned'].includes(event));
          for (const { trial } of ended) expect(second.trained).not.toContain(trial);
        }
      }
    },
  );

  it('records nothing of what the signal ended', async () => {
    const ended = new AbortController();
    const records: TrialRecord[] = [];
    const { aborted, trials } = await sweep({
      axes: { x: [1, 2] },
      signal: ended.signal,
      onRecord: (record) => records.push(record),
      train({ signal }) {
        const stopped = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
        ended.abort();
        return stopped;
      },
    });
    expect([aborted, trials]).toEqual([true, 0]);
    expect(records.map(({ event }) => event)).toEqual(['started']);
  });

  it.each([
    ['values', { event: 'started', trial: 'c0-s0', configuration: 0, seed: 0, values: { x: 7, y: 1 } }],
    ['axes', { event: 'started', trial: 'c0-s0', configuration: 0, seed: 0, values: { z: 7 } }],
    ['no start', { event: 'finished', trial: 'c0-s0', score: 1 }],
    ['no trial', 'finished'],
  ])('refuses records of another sweep: %s', async (_, record) => {
    await expect(interrupted({}, Infinity, [record as TrialRecord])).rejects.toMatchObject({
      code: 'INVALID_DATA',
    });
  });

  it('never tells a trial to stop because it has failed itself: that would pass for a whole result', async () => {
    for (const failing of ['started', 'progress']) {
      const told: unknown[] = [];
      const other = { isTraining: false, go: () => {} };
      const going = new Promise<void>((resolve) => {
        other.go = resolve;
      });
      const ended = sweep({
        axes: { x: [1, 2] },
        jobs: 2,
        onRecord({ event, trial }: TrialRecord) {
          if (event === failing && trial === 'c1-s0') throw new Error('disk full');
        },
        async train({ values, report }) {
          if (values.x === 2) return told.push(await report({ epoch: 1, score: 1 }).catch(String));
          await going;
          return told.push(await report({ epoch: 1, score: 1 }).catch(String));
        },
      });
      setTimeout(other.go, 20);
      await expect(ended).rejects.toThrow('disk full');
      expect(told.length).toBeGreaterThan(0);
      for (const answer of told) expect(answer).toBe('Error: disk full');
    }
  });

  it('takes no reports once it has been aborted', async () => {
    const abort = new AbortController();
    const records: TrialRecord[] = [];
    const told: unknown[] = [];
    const { aborted } = await sweep({
      axes: { x: [1] },
      signal: abort.signal,
      onRecord: (record) => records.push(record),
      async train({ report }) {
        await report({ epoch: 1, score: 1 });
        abort.abort(new Error('enough'));
        for (let epoch = 2; epoch < 4; epoch++)
          told.push(await report({ epoch, score: 1 }).catch((error) => error.message));
        throw new Error('ended');
      },
    });
    expect([aborted, told]).toEqual([true, ['enough', 'enough']]);
    expect(records.map(({ event }) => event)).toEqual(['started', 'progress']);
  });

  it('leaves a trial that has reached its last epoch as it is', async () => {
    const records: TrialRecord[] = [];
    const { pruned, trials } = await sweep({
      axes: { x: [3, 2, 1] },
      prune: 'asha',
      onRecord: (record) => records.push(record),
      async train({ values, report }) {
        await report({ epoch: 1, score: values.x!, isLast: true });
        return values.x!;
      },
    });
    expect([pruned, trials]).toEqual([0, 3]);
    expect(records.filter(({ event }) => event === 'finished')).toHaveLength(3);
  });

  it('has pruned a trial once and for all, although that goes on for a while before it hears of it', async () => {
    const records: TrialRecord[] = [];
    const { pruned, best } = await sweep({
      axes: { x: [3, 2] },
      prune: 'asha',
      onRecord: (record) => records.push(record),
      async train({ values, report }) {
        for (let epoch = 1; epoch <= 5; epoch++)
          await report({ epoch, score: values.x!, isLast: epoch === 5 });
        return 10 - values.x!;
      },
    });
    expect([pruned, best!.values]).toEqual([1, { x: 3 }]);
    expect(records).toContainEqual({ event: 'pruned', trial: 'c1-s0', score: 8, epoch: 1 });
    expect(records.filter(({ event, trial }) => event === 'progress' && trial === 'c1-s0')).toHaveLength(1);
  });

  it('says after which epoch a trial was pruned', async () => {
    const records: TrialRecord[] = [];
    await sweep({
      axes: { x: [3, 2] },
      prune: 'asha',
      onRecord: (record) => records.push(record),
      async train({ values, report }) {
        for (let epoch = 1; epoch <= 9; epoch++) {
          const score = epoch === 1 ? 3 + epoch : values.x! * epoch;
          if ((await report({ epoch, score, isLast: epoch === 9 })) === 'stop') break;
        }
        return values.x!;
      },
    });
    expect(records).toContainEqual({ event: 'pruned', trial: 'c1-s0', score: 2, epoch: 3 });
  });

  it('ends when a record cannot be kept, with the error', async () => {
    const trained: string[] = [];
    const ended = sweep({
      axes: { x: [1, 2, 3] },
      onRecord({ event }) {
        if (event === 'finished') throw new Error('disk full');
      },
      train({ id }) {
        trained.push(id);
        return 1;
      },
    });
    await expect(ended).rejects.toThrow('disk full');
    expect(trained).toEqual(['c0-s0']);
  });
});

it.each([
  [{ jobs: 0 }, 'jobs'],
  [{ seeds: [1, 1] }, 'seeds'],
  [{ seeds: 0 }, 'seeds'],
  [{ search: 'gird' }, 'search'],
  [{ axes: { x: [] } }, 'axes.x'],
  [{ axes: { x: { from: 1, to: 0 } } }, 'axes.x.to'],
  [{ axes: { x: { from: 0, to: 1 } } }, 'axes.x.points'],
  [{ prune: 'asha', pruning: { reductionFactor: 1 } }, 'pruning.reductionFactor'],
  [{ prune: 'asha', pruning: { minEpoch: 2 } as never }, 'minEpoch'],
  [{ pruning: null as never }, 'pruning'],
  [{ applies: true as never }, 'applies'],
  [{ earlier: {} }, 'earlier'],
])('refuses %j', async (wrong, argument) => {
  const options = { axes: { x: [1] }, train: () => 1, ...wrong } as unknown as SweepOptions;
  await expect(sweep(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
});

describe('what is unusual', () => {
  it('records nothing of a report after the end of its trial, and tells it to stop', async () => {
    const events: string[] = [];
    let late: (() => Promise<string>) | undefined;
    await sweep({
      axes: { x: [1] },
      onRecord: ({ event }) => events.push(event),
      train({ report }) {
        late = () => report({ epoch: 1, score: 1 });
        return 1;
      },
    });
    expect(await late!()).toBe('stop');
    expect(events).toEqual(['started', 'finished']);
  });

  it('takes null for a score that is not a number, and infinite ones for no better', async () => {
    const scores = [null, Infinity, -Infinity, -5];
    const { best, configurations } = await sweep({
      axes: { x: [0, 1, 2, 3] },
      train: ({ values }) => ({ score: scores[values.x!] as number }),
    });
    expect(best!.values).toEqual({ x: 3 });
    expect(configurations.map(({ state }) => state)).toEqual(['complete', 'failed', 'failed', 'failed']);
  });

  it('fails a trial whose training gives no score', async () => {
    const train = (() => undefined) as never;
    const { configurations, failed } = await sweep({ axes: { x: [1] }, train });
    expect(failed).toBe(1);
    expect(configurations[0].message).toBe(
      'train gave undefined; it must give a score, or an object with one.',
    );
  });

  it('does not lose an error of applies', async () => {
    const options: SweepOptions = {
      axes: { x: [1, 2] },
      search: 'random',
      applies() {
        throw new Error('no table');
      },
      train: () => 1,
    };
    await expect(sweep(options)).rejects.toThrow('no table');
  });

  it.each(['grid', 'random', 'tpe'] as const)(
    'refuses an axis that applies to nothing: %s',
    async (search) => {
      const train = vi.fn(() => 1);
      const applies = (axis: string, { a }: Readonly<Record<string, unknown>>) =>
        axis === 'b' ? a === 3 : axis !== 'c' || a === 2;
      const axes = { a: [1, 2], b: [0, 1], c: [0, 1] };
      await expect(sweep({ axes, search, applies, train })).rejects.toThrow(
        'The axis b applies to no configuration of this sweep',
      );
      expect(train).not.toHaveBeenCalled();
      const { b: _, ...varied } = axes;
      const { configurations } = await sweep({ axes: varied, search, applies, train });
      expect(configurations.map(({ values }) => values)).toContainEqual({ a: 2, c: 1 });
      // What was recorded before is still read.
      const records: TrialRecord[] = [];
      await sweep({ axes: varied, search, applies, train, onRecord: (record) => records.push(record) });
      await sweep({ axes, search, applies, train, earlier: records.slice(0, 1) });
    },
  );

  it('takes an axis that applies to one configuration of a large grid', async () => {
    const a = Array.from({ length: 40_000 }, (_, i) => i);
    const applies = (axis: string, values: Readonly<Record<string, unknown>>) =>
      axis === 'a' || values.a === 39_999;
    const { trials } = await sweep({ axes: { a, b: [1, 2] }, applies, train: () => 1 });
    expect(trials).toBe(40_001);
  });

  it.each([
    ['no value of an axis that applies', { values: { a: 2 } }],
    ['a value of an axis that does not apply', { values: { a: 1, c: 0 } }],
    ['another seed', { seed: 5, values: { a: 1 } }],
    ['no values', { values: {} }],
  ])('refuses a record of a search by TPE with %s', async (_, given) => {
    const started = { event: 'started', trial: 'c0-s0', configuration: 0, seed: 0 } as const;
    const go = (record: object) =>
      sweep({
        axes: { a: [1, 2], c: [0, 1] },
        search: 'tpe',
        trials: 2,
        applies: (axis, { a }) => axis !== 'c' || a === 2,
        earlier: [{ ...started, ...record } as TrialRecord],
        train: () => 1,
      });
    await go({ values: { a: 2, c: 1 } });
    await go({ values: { a: 1 } });
    await expect(go(given)).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });

  it('has as many jobs as trials at most', async () => {
    const { trials } = await sweep({ axes: { x: [1, 2] }, jobs: Number.MAX_SAFE_INTEGER, train: () => 1 });
    expect(trials).toBe(2);
  });

  it('is not aborted by a signal that comes with the last record', async () => {
    const ended = new AbortController();
    const { aborted } = await sweep({
      axes: { x: [1] },
      signal: ended.signal,
      onRecord: ({ event }) => event === 'finished' && ended.abort(),
      train: () => 1,
    });
    expect(aborted).toBe(false);
  });

  it.each(['random', 'tpe'] as const)('finds all of a finite space, and ends: %s', async (search) => {
    const axes = { a: [1, 2, 3], n: { from: 1, to: 7, integer: true } };
    const { configurations } = await sweep({ axes, search, trials: 100, train: ({ values }) => values.n! });
    expect(new Set(configurations.map(({ values }) => JSON.stringify(values))).size).toBe(21);
    expect(configurations).toHaveLength(21);
  });

  it('trains ten thousand configurations', async () => {
    const axes = { a: { from: 0, to: 1, points: 100 }, b: { from: 0, to: 1, points: 100 } };
    expect((await sweep({ axes, prune: 'asha', train: () => 1 })).trials).toBe(10_000);
  });
});
