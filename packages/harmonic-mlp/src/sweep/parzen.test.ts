import { foldIn, randomKey } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { readFixture } from '../../../../test/support/fixtures';
import { type Axis, hasValue } from './axis';
import { parzenOf } from './parzen';

interface Case {
  name: string;
  axis: Axis;
  observed: unknown[];
  values: unknown[];
  logDensities: number[];
}

const { cases } = readFixture<{ cases: Case[] }>('parzen');

it.each(cases)('has the log densities of Optuna: $name', ({ axis, observed, values, logDensities }) => {
  const parzen = parzenOf(axis, observed);
  for (const [i, value] of values.entries()) {
    const error = Math.abs(parzen.logDensity(value) - logDensities[i]);
    expect(error, `log density at ${value}`).toBeLessThan(1e-10 * (1 + Math.abs(logDensities[i])));
  }
});

describe('samples', () => {
  const sampled = (axis: Axis, observed: unknown[], count: number) => {
    const parzen = parzenOf(axis, observed);
    return Array.from({ length: count }, (_, i) => parzen.sample(foldIn(randomKey(3), i)));
  };

  it.each(cases)('are values of the axis: $name', ({ axis, observed }) => {
    for (const value of sampled(axis, observed, 50)) expect(hasValue(axis, value), String(value)).toBe(true);
  });

  it('are as frequent as their probabilities', () => {
    const axis = { from: 1, to: 6, integer: true };
    const observed = [2, 2, 3, 5];
    const values = sampled(axis, observed, 4000);
    const parzen = parzenOf(axis, observed);
    for (const value of [1, 2, 3, 4, 5, 6]) {
      const share = values.filter((each) => each === value).length / values.length;
      // 4000 draws have a standard deviation below 0.008.
      expect(Math.abs(share - Math.exp(parzen.logDensity(value)))).toBeLessThan(0.035);
    }
  });

  it('are near what was observed', () => {
    const values = sampled({ from: 1e-4, to: 1e-2, scale: 'log' }, Array(20).fill(1e-3), 200) as number[];
    const near = values.filter((value) => Math.abs(Math.log10(value / 1e-3)) < 0.3);
    expect(near.length).toBeGreaterThan(160);
    expect(values.every((value) => value === Number(value.toPrecision(4)))).toBe(true);
  });
});

it.each<[string, Axis, unknown[]]>([
  ['numbers', { from: 0, to: 1 }, [0.2, 0.2, 0.7]],
  ['integers', { from: -2, to: 9, integer: true }, [0, 0, 8]],
  ['logarithms of integers', { from: 1, to: 20, scale: 'log', integer: true }, [1, 3, 20]],
  ['choices', ['a', ['b'], { c: 1 }], [['b'], { c: 1 }]],
])('probabilities of %s add up to 1', (_, axis, observed) => {
  const parzen = parzenOf(axis, observed);
  let total = 0;
  if (Array.isArray(axis)) for (const value of axis) total += Math.exp(parzen.logDensity(value));
  else {
    const { from, to, integer } = axis as { from: number; to: number; integer?: boolean };
    if (integer) for (let value = from; value <= to; value++) total += Math.exp(parzen.logDensity(value));
    else for (let i = 0; i < 1000; i++) total += Math.exp(parzen.logDensity((i + 0.5) / 1000)) / 1000;
  }
  expect(total).toBeCloseTo(1, 6);
});
