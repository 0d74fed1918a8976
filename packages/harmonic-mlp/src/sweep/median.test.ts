import { expect, it } from 'vitest';
import { median } from './median';
import type { Pruner } from './pruner';

/** Trains a trial to its end, or until it is pruned; returns the last epoch. */
function train(
  pruner: Pruner,
  trial: string,
  losses: readonly number[],
  epochs = losses.map((_, i) => i + 1),
) {
  for (const [i, loss] of losses.entries()) if (!pruner.goesOn(trial, epochs[i], loss)) return epochs[i];
  pruner.complete(trial);
  return epochs.at(-1)!;
}

it('a trial ends when its best loss is worse than the median of the mean losses of those completed', () => {
  const pruner = median({ startupTrials: 3 });
  // Their means until epochs 1, 2, 3 are 3 2.5 2, 5 4 3, and 9 9 9: the medians are 5, 4, 3.
  for (const [i, losses] of [
    [3, 2, 1],
    [5, 3, 1],
    [9, 9, 9],
  ].entries())
    expect(train(pruner, `first ${i}`, losses)).toBe(3);
  expect(train(pruner, 'worse from the beginning', [5.1, 0, 0])).toBe(1);
  expect(train(pruner, 'as good as the median', [5, 4, 3])).toBe(3);
  // Now there are four, whose medians are 5, 4.25, 3.5.
  expect(train(pruner, 'worse in the end', [4.5, 4.4, 4.4])).toBe(2);
  expect(train(pruner, 'good once', [3, 8, 8])).toBe(3);
});

it('nothing ends during the warm-up, or before enough trials are complete', () => {
  const pruner = median({ startupTrials: 2, warmupEpochs: 2 });
  expect(train(pruner, 'a', [1, 1, 1, 1])).toBe(4);
  expect(train(pruner, 'b', [9, 9, 9, 9])).toBe(4);
  expect(train(pruner, 'c', [9, 9, 9, 9])).toBe(3);
});

it('five trials are completed first, unless told otherwise', () => {
  const pruner = median({});
  for (let i = 0; i < 5; i++) expect(train(pruner, `t${i}`, [i + 1, i + 1])).toBe(2);
  expect(train(pruner, 'sixth', [3.1, 3])).toBe(1);
});

it('trials that were pruned do not count', () => {
  const pruner = median({ startupTrials: 1 });
  train(pruner, 'first', [2, 2]);
  for (let i = 0; i < 5; i++) expect(train(pruner, `bad ${i}`, [3, 3])).toBe(1);
  expect(train(pruner, 'good', [2, 2])).toBe(2);
});

it('a loss that is infinite is the worst, even among its like', () => {
  const pruner = median({ startupTrials: 2 });
  train(pruner, 'a', [Infinity, Infinity]);
  train(pruner, 'b', [Infinity, Infinity]);
  expect(train(pruner, 'c', [Infinity, 1])).toBe(1);
  expect(train(pruner, 'd', [100, 100])).toBe(2);
});

it('compares with those that have reported an epoch until then', () => {
  const pruner = median({ startupTrials: 1 });
  train(pruner, 'seldom', [4, 2], [2, 4]);
  // There is nothing to compare with until epoch 2; then 4, and the mean 3 from epoch 4 on.
  expect(train(pruner, 'a', [9, 5, 5, 5])).toBe(2);
  expect(train(pruner, 'b', [9, 4, 4, 4, 4])).toBe(4);
});
