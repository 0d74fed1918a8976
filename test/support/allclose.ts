import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** The tolerances. */
export interface Tolerance {
  /** Relative to each expected entry itself. Default 1e-5. */
  relative?: number;
  /**
   * Relative to the largest magnitude of the expected entries, for entries that are small in comparison: sums whose terms
   * cancel retain the rounding errors of the terms. Default: a fifth of `relative`; of its default, 2e-6, which is 17 units
   * in the last place of a float32.
   */
  floor?: number;
  /** In absolute terms. Default 0. */
  absolute?: number;
}

type Values = Tensor | ArrayLike<number> | { shape: number[]; data: number[] };

function read(values: Values): { shape: readonly number[]; data: ArrayLike<number> } {
  if ('dataSync' in values) return { shape: values.shape, data: values.dataSync() };
  if ('data' in values) return values;
  return { shape: [values.length], data: values };
}

/**
 * Expects `|actual − expected| ≤ absolute + relative · |expected| + floor · max|expected|` of each entry, equal shapes, and
 * NaN or infinities only where they are expected. Tensors are read but not disposed.
 */
export function expectAllClose(
  actual: Values,
  expected: Values,
  { relative = 1e-5, floor = relative / 5, absolute = 0 }: Tolerance = {},
  label = 'values',
): void {
  const a = read(actual);
  const b = read(expected);
  expect([...a.shape], `shape of ${label}`).toEqual([...b.shape]);
  expect(a.data.length, `length of ${label}`).toBe(b.data.length);
  let largest = 0;
  for (let i = 0; i < b.data.length; i++) {
    if (Number.isFinite(b.data[i])) largest = Math.max(largest, Math.abs(b.data[i]));
  }
  let worst = { excess: 0, message: '' };
  for (let i = 0; i < b.data.length; i++) {
    if (a.data[i] === b.data[i] || Object.is(a.data[i], b.data[i])) continue;
    const difference = Math.abs(a.data[i] - b.data[i]);
    const allowed = absolute + relative * Math.abs(b.data[i]) + floor * largest;
    // NaN and infinities are not close to anything else.
    const excess = Number.isFinite(difference) ? difference - allowed : Infinity;
    if (excess <= worst.excess) continue;
    const message = `element ${i} is ${a.data[i]}, expected ${b.data[i]}: the difference ${difference} is more than ${allowed}.`;
    worst = { excess, message };
  }
  if (worst.excess > 0) expect.fail(`${label}: ${worst.message}`);
}
