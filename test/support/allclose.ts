import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** How near is near enough. */
export interface Tolerance {
  /** Relative to the largest magnitude of the expected values. Default 1e-5. */
  relative?: number;
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
 * Expects `max|actual − expected| ≤ absolute + relative · max|expected|`, equal shapes, and NaN or infinities only
 * where they are expected. Tensors are read, not disposed.
 */
export function expectAllClose(
  actual: Values,
  expected: Values,
  { relative = 1e-5, absolute = 0 }: Tolerance = {},
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
  const allowed = absolute + relative * largest;
  let worst = -1;
  let worstDifference = -1;
  for (let i = 0; i < b.data.length; i++) {
    const same = Object.is(a.data[i], b.data[i]) || a.data[i] === b.data[i];
    const difference = same ? 0 : Math.abs(a.data[i] - b.data[i]);
    // Written so that a NaN counts as the worst.
    if (!(difference <= worstDifference)) {
      worst = i;
      worstDifference = difference;
      if (Number.isNaN(difference)) break;
    }
  }
  if (worst >= 0 && !(worstDifference <= allowed)) {
    expect.fail(
      `${label}: element ${worst} is ${a.data[worst]}, expected ${b.data[worst]}: ` +
        `the difference ${worstDifference} is more than ${allowed}.`,
    );
  }
}
