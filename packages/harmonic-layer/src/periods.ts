import { requireNumber } from '@harmonic-mlp/core';

/** The bounds of a layer's periods. */
export interface PeriodOptions {
  /** The period of the first unit, and the step from one unit to the next; greater than 0. Default 1. */
  baseFreq?: number;
  /** The largest period; greater than 0. Default 10. */
  maxFreq?: number;
}

/**
 * The capped harmonic series, `p[i] = min(baseFreq·(i + 1), maxFreq)` for unit i, counted from 0.
 *
 * The published experiment calls these numbers frequencies, and the options keep its names; but the activation
 * divides by them, so they are periods (wavelengths) in units of the pre-activation.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a unit count or a bound that is not positive.
 * @example
 * ```ts
 * cappedHarmonicSeries(4, { baseFreq: 1, maxFreq: 3 }); // Float32Array [1, 2, 3, 3]
 * ```
 */
export function cappedHarmonicSeries(
  units: number,
  { baseFreq = 1, maxFreq = 10 }: PeriodOptions = {},
): Float32Array {
  requireNumber('units', units, { integer: true, min: 1 });
  requireNumber('baseFreq', baseFreq, { above: 0 });
  requireNumber('maxFreq', maxFreq, { above: 0 });
  return Float32Array.from({ length: units }, (_, i) => Math.min(baseFreq * (i + 1), maxFreq));
}
