import { requireNumber, requireOptions } from '@harmonic-mlp/core';
import { mul } from '@tensorflow/tfjs-core';
import { type HarmonicUnits, PeriodFactors, type PeriodsOf, type ScaleOf } from '../period-factors';
import { mapUpdates, type Transform } from './transform';

/** Settings of {@link scaleByPeriods}. */
export interface ScaleByPeriodsOptions {
  /** f in `s = 1/(1 + f·p)`, at least 0. Default 0.1. */
  freqScaleFactor?: number;
}

/**
 * Multiplies the updates of each harmonic unit by `s = 1/(1 + f·p)`, p being its period; others stay as they are. Before
 * `scaleByAdam` it scales gradients, which Adam all but ignores; after it, the updates: a learning rate per unit.
 *
 * @param units the harmonic units, such as a list of `HarmonicLayer`s; or, where they are not known yet, a function that
 *   gives the periods of a variable.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad option or period, `INVALID_SHAPE` where periods and units do not match.
 */
export function scaleByPeriods(
  units: Iterable<HarmonicUnits> | PeriodsOf,
  options?: ScaleByPeriodsOptions,
): Transform & { readonly factorsOf: ScaleOf } {
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
    factorsOf: factors.of,
    update: (updates) =>
      mapUpdates(updates, (update, parameter) => {
        const scale = factors.of(parameter);
        return scale === undefined ? update : mul(update, scale);
      }),
    dispose: () => factors.dispose(),
  };
}
