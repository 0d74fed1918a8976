import { requireNumber, requireOptions } from '@harmonic-mlp/core';
import { resolveHyperparameters } from '../hyperparameters';
import { periodBounds, periodsBy } from './bounds';
import type { PeriodDistribution } from './period-distribution';

/** The bounds of a layer's periods. */
export interface PeriodOptions {
  /** The period of the first unit, and the step from one unit to the next; 1e-30 to 1e30. Default 1. */
  baseFreq?: number;
  /** The largest period; 1e-30 to 1e30. Default 10. */
  maxFreq?: number;
}

const seriesOf = (units: number, { baseFreq, maxFreq }: Required<PeriodOptions>): Float32Array =>
  periodsBy(units, (i) => Math.min(baseFreq * (i + 1), maxFreq));

/** The capped harmonic series, `p[i] = min(baseFreq·(i + 1), maxFreq)`. */
export const capped: PeriodDistribution<keyof PeriodOptions> = {
  name: 'capped',
  summary: 'min(baseFreq·(i + 1), maxFreq) for unit i',
  hyperparameters: {
    baseFreq: {
      summary: 'the period of the first unit, and the step to the next',
      default: 1,
      ...periodBounds,
    },
    maxFreq: { summary: 'the largest period', default: 10, ...periodBounds },
  },
  periodsOf: seriesOf,
};

/**
 * The capped harmonic series, `p[i] = min(baseFreq·(i + 1), maxFreq)` for unit i, counted from 0.
 *
 * The options keep the names of the published experiment, which calls these numbers frequencies. But the activation divides
 * by them, so they are periods (wavelengths) in units of the pre-activation.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a number of units that is not positive, a bound outside 1e-30 to 1e30, and
 *   an unknown option.
 * @example
 * ```ts
 * cappedHarmonicSeries(4, { baseFreq: 1, maxFreq: 3 }); // => Float32Array(4) [ 1, 2, 3, 3 ]
 * ```
 */
export function cappedHarmonicSeries(units: number, options?: PeriodOptions): Float32Array {
  const { hyperparameters } = capped;
  const given = requireOptions(
    'options',
    options,
    'cappedHarmonicSeries(4, { maxFreq: 3 })',
    hyperparameters,
  );
  requireNumber('units', units, { integer: true, min: 1 });
  return seriesOf(units, resolveHyperparameters(hyperparameters, { ...given }));
}
