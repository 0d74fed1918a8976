import { expect, it } from 'vitest';
import { expectAllClose, type Tolerance } from './allclose';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

it.each<[string, number[], number[], Tolerance?]>([
  ['equal values', [0, -0, 1, nan, infinity], [-0, 0, 1, nan, infinity]],
  ['what is near an entry', [1000.009, -1], [1000, -1], { floor: 0 }],
  ['what is near beside the largest entry', [100, 1.9e-4], [100, 0]],
  ['what is near in absolute terms', [0.9], [0], { absolute: 1 }],
])('takes %s', (_, actual, expected, tolerance) => {
  expectAllClose(actual, expected, tolerance);
});

it.each<[string, number[], number[], Tolerance?]>([
  ['a small entry that is off, though not by much of the largest', [100, 1.0005], [100, 1]],
  ['a largest entry that is off', [100.002, 1], [100, 1]],
  ['any difference where none is allowed', [1, 1e-30], [1, 0], { relative: 0 }],
  ['a NaN for a number', [nan], [1]],
  ['a number for a NaN', [1], [nan]],
  ['a number for an infinity', [1e30], [infinity]],
  ['the other infinity', [-infinity], [infinity]],
  ['another length', [1, 2], [1]],
])('refuses %s', (_, actual, expected, tolerance) => {
  expect(() => expectAllClose(actual, expected, tolerance)).toThrow();
});

it('names the entry that is off by the most more than it may', () => {
  expect(() => expectAllClose([1.1, 5, 1.2], [1, 5, 1], {}, 'y')).toThrow(
    /^y: element 2 is 1\.2, expected 1: the difference 0\.1/,
  );
});
