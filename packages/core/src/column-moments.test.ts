import { describe, expect, it } from 'vitest';
import { ColumnMoments } from './column-moments';

describe('ColumnMoments', () => {
  it('has the mean and the deviation of each column, in whatever parts the rows come', () => {
    const rows = [
      [1, 10],
      [2, 30],
      [4, 20],
      [9, 40],
    ];
    for (const cut of [1, 2, 4]) {
      const moments = new ColumnMoments(2);
      moments.add(rows.slice(0, cut).flat());
      moments.add(rows.slice(cut).flat());
      expect(moments.rows).toBe(4);
      expect([...moments.means]).toEqual([4, 25]);
      // √((9 + 4 + 0 + 25)/4) and √((225 + 25 + 25 + 225)/4).
      expect(moments.deviations[0]).toBeCloseTo(Math.sqrt(9.5), 12);
      expect(moments.deviations[1]).toBeCloseTo(Math.sqrt(125), 12);
    }
  });

  it('keeps a small deviation beside a large mean, and none of what does not vary', () => {
    const moments = new ColumnMoments(2);
    for (let i = 0; i < 1000; i++) moments.add([1e9 + (i % 2), 0.1]);
    expect(moments.deviations[0]).toBeCloseTo(0.5, 9);
    expect([moments.means[1], moments.deviations[1]]).toEqual([0.1, 0]);
  });
});
