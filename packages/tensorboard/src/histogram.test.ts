import { expect, it } from 'vitest';
import { histogramOf } from './histogram';

it('counts values in bins of equal width, the largest in the last', () => {
  // The 64 bins from 0 to 64 are one wide.
  const found = histogramOf([0, 0.5, 1, 63, 63.5, 64])!;
  expect(found).toMatchObject({ min: 0, max: 64, count: 6, sum: 192 });
  expect(found.sumOfSquares).toBe(0.25 + 1 + 63 ** 2 + 63.5 ** 2 + 64 ** 2);
  expect(found.limits).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
  expect(found.counts).toEqual(Array.from({ length: 64 }, (_, i) => ({ 0: 2, 1: 1, 63: 3 })[i] ?? 0));
});

it('counts every value of a random sample once', () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  let state = seed;
  const values = Float32Array.from({ length: 10_000 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) ** 3 - 0.3;
  });
  const { limits, counts, min, max } = histogramOf(values)!;
  limits.forEach((limit, i) => {
    const [from, to] = [i === 0 ? min : limits[i - 1], limit];
    const within = values.filter((value) => value >= from && (i === 63 ? value <= max : value < to)).length;
    // A value at a limit may be rounded to either side.
    expect(Math.abs(counts[i] - within), `seed ${seed}, bin ${i}`).toBeLessThanOrEqual(1);
  });
  expect(counts.reduce((sum, count) => sum + count)).toBe(10_000);
});

it.each([
  ['one value', [0.5]],
  ['equal values', [0.5, 0.5, 0.5]],
])('has a single bin for %s', (_, values) => {
  expect(histogramOf(values)).toMatchObject({ min: 0.5, max: 0.5, limits: [0.5], counts: [values.length] });
});

it('leaves out what is not finite', () => {
  expect(histogramOf([1, Number.NaN, 2, Number.POSITIVE_INFINITY])).toMatchObject({
    min: 1,
    max: 2,
    count: 2,
  });
  expect(histogramOf([Number.NaN, Number.NEGATIVE_INFINITY])).toBeUndefined();
  expect(histogramOf([])).toBeUndefined();
});

it('has finite limits for values that are as far apart as numbers can be', () => {
  const { limits, counts } = histogramOf([-Number.MAX_VALUE, Number.MAX_VALUE])!;
  expect(limits.every(Number.isFinite)).toBe(true);
  expect(counts.reduce((sum, count) => sum + count)).toBe(2);
});
