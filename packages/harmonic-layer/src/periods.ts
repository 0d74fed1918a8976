import { requireNumber } from '@harmonic-mlp/core';

/** The bounds of a layer's periods. */
export interface PeriodOptions {
  /** The period of the first unit, and the step from one unit to the next; 1e-30 to 1e30. Default 1. */
  baseFreq?: number;
  /** The largest period; 1e-30 to 1e30. Default 10. */
  maxFreq?: number;
}

/**
 * The capped harmonic series, `p[i] = min(baseFreq·(i + 1), maxFreq)` for unit i, counted from 0.
 *
 * The published experiment calls these numbers frequencies, and the options keep its names; but the activation
 * divides by them, so they are periods (wavelengths) in units of the pre-activation.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a unit count that is not positive, or a bound that is not either or leaves
 *   1e-30 to 1e30.
 * @example
 * ```ts
 * cappedHarmonicSeries(4, { baseFreq: 1, maxFreq: 3 }); // => Float32Array(4) [ 1, 2, 3, 3 ]
 * ```
 */
export function cappedHarmonicSeries(
  units: number,
  { baseFreq = 1, maxFreq = 10 }: PeriodOptions = {},
): Float32Array {
  requireNumber('units', units, { integer: true, min: 1 });
  for (const [name, bound] of Object.entries({ baseFreq, maxFreq })) {
    requireNumber(name, bound, { above: 0 });
    // Beyond, 2πz/p leaves the range of float32.
    requireNumber(name, bound, { min: 1e-30, max: 1e30 });
  }
  return Float32Array.from({ length: units }, (_, i) => Math.min(baseFreq * (i + 1), maxFreq));
}
