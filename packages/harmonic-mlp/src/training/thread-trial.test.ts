import { describe, expect, it } from 'vitest';
import { ThreadTrial } from './thread-trial';

/** Takes steps that take so many milliseconds with so many threads; returns the threads of each. */
function take(trial: ThreadTrial, timeOf: (threads: number, step: number) => number): number[] {
  const taken: number[] = [];
  while (!trial.isOver && taken.length < 1000) {
    taken.push(trial.threads);
    trial.note(timeOf(trial.threads, taken.length));
  }
  return taken;
}

describe('ThreadTrial', () => {
  it.each<[string, number, (threads: number) => number, number]>([
    ['goes on while steps get faster', 8, (threads) => 8 / threads, 8],
    ['stops where they do not', 8, (threads) => [8, 4, 2, 3][Math.log2(threads)], 4],
    ['wants more than a small gain', 8, (threads) => 8 - threads / 4, 1],
    ['never takes more than there are', 3, (threads) => 8 / threads, 3],
    ['leaves short steps alone', 8, (threads) => 0.4 / threads, 1],
    ['has nothing to try with one thread', 1, () => 8, 1],
  ])('%s', (_, most, timeOf, threads) => {
    const trial = new ThreadTrial(most);
    const taken = take(trial, timeOf);
    expect(trial.threads).toBe(threads);
    expect(Math.max(1, ...taken)).toBeLessThanOrEqual(most);
  });

  it('does not believe a single step', () => {
    const trial = new ThreadTrial(2);
    take(trial, (threads, step) => (step === 9 ? 1 : threads === 1 ? 4 : 5));
    expect(trial.threads).toBe(1);
    const busy = new ThreadTrial(2);
    take(busy, (threads, step) => (step % 7 === 0 ? 20 : threads === 1 ? 4 : 2));
    expect(busy.threads).toBe(2);
  });

  it('sees the same load with both numbers', () => {
    // A load that comes halfway makes every step three times as long.
    const trial = new ThreadTrial(2);
    take(trial, (threads, step) => (step > 20 ? 3 : 1) * (threads === 1 ? 4 : 3));
    expect(trial.threads).toBe(2);
  });

  it('tells what it has measured', () => {
    const trial = new ThreadTrial(4);
    take(trial, (threads) => (threads === 4 ? 3 : 4 / threads));
    expect([...trial.medians]).toEqual([
      [1, 4],
      [2, 2],
      [4, 3],
    ]);
  });

  it('can give up', () => {
    const trial = new ThreadTrial(8);
    for (let i = 0; i < 12; i++) trial.note(8 / trial.threads);
    trial.giveUp();
    expect(trial).toMatchObject({ isOver: true, threads: 1 });
  });
});
