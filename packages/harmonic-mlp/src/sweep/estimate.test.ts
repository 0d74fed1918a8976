import { randomKey, randomNormal } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { estimate, showEstimate, showNumber } from './estimate';

describe('an estimate', () => {
  it('has the confidence interval of Student’s t', () => {
    // scipy.stats.t.interval(0.95, 4, loc=3, scale=scipy.stats.sem([1, 2, 3, 4, 5])): 1.0368… to 4.9632…
    const { mean, margin, values } = estimate([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    expect(margin).toBeCloseTo(1.96324316147756, 9);
    expect(values).toEqual([1, 2, 3, 4, 5]);
    // The same with two values, 1 and 2: −4.853… to 7.853…
    expect(estimate([1, 2]).margin).toBeCloseTo(6.353102368087352, 9);
  });

  it('has no margin for one value, and no mean for none', () => {
    expect(estimate([3])).toEqual({ mean: 3, margin: Number.NaN, values: [3] });
    expect(estimate([])).toEqual({ mean: Number.NaN, margin: Number.NaN, values: [] });
  });

  it('is not finite if a value is not', () => {
    expect(estimate([1, Number.NaN]).mean).toBeNaN();
    expect(estimate([1, Infinity]).mean).toBe(Infinity);
    expect(estimate([1, Infinity]).margin).toBeNaN();
  });

  it('has a margin of 0 for equal values', () => {
    expect(estimate([2, 2, 2]).margin).toBe(0);
  });

  it('covers the mean of normal numbers 95 % of the time', () => {
    const seed = Math.floor(Math.random() * 1e6);
    console.log(`intervals of seed ${seed}`);
    const normal = randomNormal(randomKey(seed), 4 * 4000);
    let covered = 0;
    for (let i = 0; i < 4000; i++) {
      const { mean, margin } = estimate(Array.from(normal.subarray(4 * i, 4 * i + 4)));
      if (Math.abs(mean) <= margin) covered++;
    }
    // The standard deviation is 0.0034.
    expect(Math.abs(covered / 4000 - 0.95)).toBeLessThan(0.02);
  });
});

it.each<[number, number, string]>([
  [30.7123, 0.2134, '30.71 ± 0.21'],
  [30.7123, 12.34, '31 ± 12'],
  [2911.4, 123, '2911 ± 123'],
  [0.4512, 0.0123, '0.451 ± 0.012'],
  [1.234e-6, 3.4e-7, '(1.23 ± 0.34)e-6'],
  [1.2e-6, 3.4e-6, '(1.2 ± 3.4)e-6'],
  [-0.4512, 0.0123, '-0.451 ± 0.012'],
  [3, 0, '3.00'],
  [0.9712, Number.NaN, '0.971'],
  [Number.POSITIVE_INFINITY, Number.NaN, 'diverged'],
  [Number.NaN, Number.NaN, 'diverged'],
])('%d with a margin of %d is shown as %s', (mean, margin, text) => {
  expect(showEstimate({ mean, margin })).toBe(text);
});

it.each<[number, string]>([
  [0, '0'],
  [0.05, '0.0500'],
  [-0.05, '-0.0500'],
  [12.345, '12.3'],
  [2911.4, '2911'],
  [0.001, '1.00e-3'],
  [1e6, '1.00e6'],
  [Number.NaN, 'diverged'],
])('shows %d as %s', (value, text) => {
  expect(showNumber(value)).toBe(text);
});
