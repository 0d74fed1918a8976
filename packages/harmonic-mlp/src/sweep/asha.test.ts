import { describe, expect, it } from 'vitest';
import { asha } from './asha';

/** Who goes on, in turn: each of them has the loss of its place at this epoch. */
const goOn = (pruner: ReturnType<typeof asha>, epoch: number, losses: Record<string, number>) =>
  Object.entries(losses)
    .filter(([trial, loss]) => pruner.goesOn(trial, epoch, loss))
    .map(([trial]) => trial)
    .join(' ');

describe('asynchronous successive halving', () => {
  it('lets the best third of those that reached a rung so far go on', () => {
    // Of 1, 2, 3 trials one goes on, of 6 two, of 9 three: the ranks, by hand, are 1/1 1/2 3/3 2/4 5/5 1/6 3/7 2/8 3/9.
    const losses = { a: 5, b: 4, c: 6, d: 4.5, e: 7, f: 1, g: 4.2, h: 3, i: 3.5 };
    expect(goOn(asha({}), 1, losses)).toBe('a b f h i');
  });

  it('has rungs at minEpochs·η^k, and decides only there', () => {
    const decided = new Set<number>();
    for (let worse = 1; worse <= 24; worse++) {
      const pruner = asha({ reductionFactor: 2, minEpochs: 3 });
      const until = (trial: string, lossAt: (epoch: number) => number) => {
        for (let epoch = 1; epoch <= 24; epoch++)
          if (!pruner.goesOn(trial, epoch, lossAt(epoch))) return epoch;
        return Infinity;
      };
      until('good', () => 0);
      // As good as the other until then, and worse from there on.
      decided.add(until('other', (epoch) => (epoch < worse ? 0 : 1)));
    }
    expect([...decided]).toEqual([3, 6, 12, 24]);
  });

  it('counts only those that reached the rung', () => {
    const pruner = asha({ reductionFactor: 2 });
    expect(goOn(pruner, 1, { a: 1, b: 2, c: 3, d: 0 })).toBe('a d');
    // At epoch 2, a is alone, and so the best; of two, one goes on.
    expect(goOn(pruner, 2, { a: 5, d: 6 })).toBe('a');
  });

  it('takes epochs that are reported seldom for the rungs that they passed', () => {
    const pruner = asha({ reductionFactor: 2 });
    expect(pruner.goesOn('a', 4, 1)).toBe(true);
    // It is worse in each of the rungs 1, 2, and 4.
    expect(pruner.goesOn('b', 4, 2)).toBe(false);
    expect(pruner.goesOn('c', 1, 3)).toBe(false);
  });

  it('lets equal losses go on, but never one that is infinite', () => {
    expect(goOn(asha({}), 1, { a: 1, b: 1, c: 1 })).toBe('a b c');
    expect(goOn(asha({}), 1, { a: Infinity, b: Infinity, c: 2 })).toBe('c');
  });
});
