import { requireNumber, requireOptions } from '@harmonic-mlp/core';
import { mul } from '@tensorflow/tfjs-core';
import type { Fusible } from './fusible';
import { type HarmonicUnits, PeriodFactors, type PeriodsOf } from './period-factors';
import { mapUpdates, type Transform } from './transform';

/** What is scaled by period: the gradients, before the optimizer sees them, or the updates it computes from them. */
export type FreqScale = 'gradient' | 'update';

/** Settings of {@link scaleByPeriods}. */
export interface ScaleByPeriodsOptions {
  /** f in `s = 1/(1 + f·p)`, at least 0. Default 0.1. */
  freqScaleFactor?: number;
}

/**
 * Multiplies the updates of each harmonic unit by `s = 1/(1 + f·p)`, where p is its period. Before `scaleByAdam` it scales
 * gradients, which Adam all but ignores; after it, it scales updates, which amounts to a learning rate per unit.
 *
 * @param units the harmonic units, such as a list of `HarmonicLayer`s, or a function that returns the periods of a variable.
 *   Other variables are not scaled.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad option or period, `INVALID_SHAPE` if periods and units do not match.
 */
export function scaleByPeriods(
  units: Iterable<HarmonicUnits> | PeriodsOf,
  options?: ScaleByPeriodsOptions,
): Transform {
  const { freqScaleFactor = 0.1 } = requireOptions(
    'options',
    options,
    'scaleByPeriods([layer], { freqScaleFactor: 0.1 })',
    { freqScaleFactor: true },
  );
  const factors = new PeriodFactors(units, requireNumber('freqScaleFactor', freqScaleFactor, { min: 0 }));
  return {
    name: 'scaleByPeriods',
    settings: { freqScaleFactor },
    scaleOf: factors.of,
    update: (updates) =>
      mapUpdates(updates, (update, parameter) => {
        const scale = factors.of(parameter);
        return scale === undefined ? update : mul(update, scale);
      }),
    dispose: () => factors.dispose(),
  } satisfies Fusible as Transform;
}
