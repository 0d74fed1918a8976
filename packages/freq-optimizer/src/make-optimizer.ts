import { requireOneOf } from '@harmonic-mlp/core';
import { type OptimizerName, type OptimizerSettings, optimizers, requireSettings } from './optimizers';
import { TransformOptimizer } from './transform-optimizer';
import {
  chain,
  clipByGlobalNorm,
  clipByValue,
  type HarmonicUnits,
  type PeriodsOf,
  scaleByPeriods,
} from './transforms';

/**
 * Makes an optimizer from a name and settings, as they appear in files and on command lines. The optimizer clips the
 * gradients by value, then by norm, and scales by period either the gradients or the updates computed from them.
 *
 * Its `getConfig()` returns the name as `optimizer` together with all settings.
 *
 * @param settings the settings that differ from the defaults.
 * @param units the harmonic units to scale, as for {@link scaleByPeriods}. Default: none.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown optimizer or setting (the error suggests the nearest known name),
 *   a setting out of bounds, or a bad period; `INVALID_SHAPE` if periods and units do not match.
 * @example
 * ```ts
 * const optimizer = makeOptimizer('adamw', { learningRate: 3e-4, clipNorm: 1 }, [layer]);
 * optimizer.minimize(loss);
 * ```
 */
export function makeOptimizer(
  name: OptimizerName,
  settings?: OptimizerSettings,
  units?: Iterable<HarmonicUnits> | PeriodsOf,
): TransformOptimizer {
  const kind = requireOneOf('optimizer', name, Object.keys(optimizers) as OptimizerName[]);
  const checked = requireSettings(optimizers[kind], settings);
  const { learningRate, clipValue, clipNorm, freqScale, freqScaleFactor } = checked;
  const scaled = (mode: typeof freqScale) =>
    units !== undefined && freqScale === mode ? [scaleByPeriods(units, { freqScaleFactor })] : [];
  const transform = chain(
    ...(clipValue === undefined ? [] : [clipByValue(clipValue)]),
    ...(clipNorm === undefined ? [] : [clipByGlobalNorm(clipNorm)]),
    ...scaled('gradient'),
    ...optimizers[kind].make(checked),
    ...scaled('update'),
  );
  return new TransformOptimizer(transform, learningRate, { optimizer: kind, ...checked }, true);
}
