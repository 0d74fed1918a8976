import { foldIn, randomKey } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { readFixture } from '../../../../test/support/fixtures';
import { sweep } from '.';
import type { Axes } from './axis';
import { type Observation, propose, split } from './tpe';

interface Split {
  trials: { loss: number; pruned: number | null }[];
  good: number[];
}

const { splits } = readFixture<{ splits: Split[] }>('parzen');

describe('of the observations, the good ones', () => {
  it.each(splits)('are those of Optuna: $trials.length trials', ({ trials, good }) => {
    const observations = trials.map<Observation>(({ loss, pruned }, number) => ({
      values: { number },
      loss,
      ...(pruned !== null && { pruned }),
    }));
    const found = split(observations);
    expect(found.good.map(({ values }) => values.number)).toEqual(good);
    expect(found.good.length + found.others.length).toBe(trials.length);
  });

  it('have no failure among them while there is anything else', () => {
    const losses = [Infinity, 3, Infinity, 2, Infinity, 1, Infinity, 0, 4, 5, 6, 7];
    const { good } = split(losses.map((loss, number) => ({ values: { number }, loss })));
    expect(good.map(({ loss }) => loss)).toEqual([1, 0]);
  });
});

describe('a proposal', () => {
  const observations = Array.from({ length: 40 }, (_, i): Observation => {
    // In no order, because the last 25 weigh more.
    const [x, kind] = [((i * 17) % 40) / 40, i % 4 === 0 ? 'a' : 'b'];
    return { values: { x, kind }, loss: Math.abs(x - 0.3) + (kind === 'a' ? 0 : 0.2) };
  });
  const axes: Axes = { x: { from: 0, to: 1 }, kind: ['a', 'b'] };

  it('is near the good ones, and a pure function of the observations and the key', () => {
    const proposed = Array.from({ length: 50 }, (_, i) =>
      propose(axes, observations, foldIn(randomKey(1), i)),
    );
    const near = proposed.filter(({ x }) => Math.abs((x as number) - 0.3) < 0.15);
    expect(near.length).toBeGreaterThan(40);
    expect(proposed.filter(({ kind }) => kind === 'a').length).toBeGreaterThan(40);
    expect(propose(axes, observations, foldIn(randomKey(1), 7))).toEqual(proposed[7]);
  });

  it('has values of an axis that few or no observations have', () => {
    const { depth } = propose({ ...axes, depth: [1, 2, 3] }, observations, randomKey(1));
    expect([1, 2, 3]).toContain(depth);
  });
});

const numbers = (count: number, axis: Axes[string]): Axes =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, axis]));

/** Functions to be minimized, the least at 0, with axes of every kind: of one variable each, which TPE looks at one by one. */
const functions: Record<string, { axes: Axes; loss(values: Record<string, unknown>): number }> = {
  sphere: {
    axes: numbers(6, { from: -5, to: 5 }),
    loss: (values) => Object.values(values).reduce((sum: number, x) => sum + ((x as number) - 1) ** 2, 0),
  },
  'rates, units, and choices': {
    axes: {
      ...numbers(2, { from: 1e-5, to: 1, scale: 'log' }),
      units: { from: 1, to: 512, scale: 'log', integer: true },
      layers: { from: 1, to: 8, integer: true },
      kind: ['a', 'b', 'c', 'd'],
      place: ['before', 'after', 'nowhere'],
    },
    loss: ({ x0, x1, units, layers, kind, place }) =>
      Math.log10((x0 as number) / 3e-3) ** 2 +
      Math.log10((x1 as number) / 1e-4) ** 2 +
      (Math.log2((units as number) / 64) / 2) ** 2 +
      ((layers as number) / 2 - 1) ** 2 +
      (kind === 'c' ? 0 : 2) +
      (place === 'after' ? 0 : 2),
  },
};

it.each(Object.entries(functions))(
  'TPE finds better values than random search: %s',
  async (name, { axes, loss }) => {
    const first = Math.floor(Math.random() * 1e6);
    console.log(`TPE, ${name}: seeds from ${first}`);
    const best = async (search: 'random' | 'tpe', seed: number) => {
      const train = ({ values }: { values: Record<string, unknown> }) => loss(values);
      const found = await sweep({ axes, search, trials: 40, seed, goal: 'minimize', train });
      return found.best!.mean;
    };
    let better = 0;
    for (let seed = first; seed < first + 20; seed++) {
      // The first ten configurations are the same.
      if ((await best('tpe', seed)) < (await best('random', seed))) better++;
    }
    console.log(`better in ${better} of 20`);
    expect(better).toBeGreaterThan(10);
  },
);
