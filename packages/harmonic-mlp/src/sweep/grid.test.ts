import { expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import { allOf, gridOf } from './grid';

it('a grid has each combination, the last axis changing fastest', () => {
  expect(gridOf({ a: [1, 2], b: ['x', 'y', 'z'] })).toEqual([
    { a: 1, b: 'x' },
    { a: 1, b: 'y' },
    { a: 1, b: 'z' },
    { a: 2, b: 'x' },
    { a: 2, b: 'y' },
    { a: 2, b: 'z' },
  ]);
});

it('a grid of no axes is one configuration, and one of a single value too', () => {
  expect(gridOf({})).toEqual([{}]);
  expect(gridOf({ a: [[1]] })).toEqual([{ a: [1] }]);
});

it('a range has its points; integers that coincide count once', () => {
  expect(gridOf({ rate: { from: 1e-4, to: 1e-2, scale: 'log', points: 3 } })).toEqual([
    { rate: 1e-4 },
    { rate: 1e-3 },
    { rate: 1e-2 },
  ]);
  expect(gridOf({ n: { from: 1, to: 3, integer: true, points: 10 } })).toEqual([
    { n: 1 },
    { n: 2 },
    { n: 3 },
  ]);
});

it('equal values, and values of axes that do not apply, are one configuration', () => {
  expect(gridOf({ a: [1, 1, { b: 1, c: 2 }, { c: 2, b: 1 }] })).toEqual([{ a: 1 }, { a: { b: 1, c: 2 } }]);
  const grid = gridOf(
    { kind: ['plain', 'long'], length: [1, 2] },
    (axis, { kind }) => axis !== 'length' || kind === 'long',
  );
  expect(grid).toEqual([{ kind: 'plain' }, { kind: 'long', length: 1 }, { kind: 'long', length: 2 }]);
});

it('a range without points, and a grid too large to be trained, are refused', () => {
  expect(errorOf(() => gridOf({ x: { from: 0, to: 1 } })).message).toBe(
    'axes.x.points is undefined; it must be given for a grid. Give the number of values, or search at random.',
  );
  const wide = { from: 0, to: 1, points: 1000 };
  expect(errorOf(() => gridOf({ x: wide, y: wide })).message).toBe(
    'The grid has 1000000 combinations, and may have 100000. Leave values out, or search at random.',
  );
});

it('all configurations are there if they can be counted', () => {
  const all = allOf({ a: ['x', 'y'], n: { from: -1, to: 1, integer: true } })!;
  expect([...all.values()]).toEqual(gridOf({ a: ['x', 'y'], n: [-1, 0, 1] }));
  expect(allOf({ a: [1], b: { from: 0, to: 1 } })).toBeUndefined();
  expect(allOf({ a: { from: 1, to: 1e9, integer: true } })).toBeUndefined();
});
