import { requireOneOf } from '@harmonic-mlp/core';
import type { HarmonicUnits, PeriodsOf } from '../period-factors';
import { TransformOptimizer } from '../transform-optimizer';
import { chain, clipByGlobalNorm, clipByValue, scaleByPeriods } from '../transforms';
import { adam, adamw } from './adam';
import { type OptimizerDefinition, type OptimizerSettings, requireSettings } from './definition';
import { momentum, sgd } from './sgd';

/** The kinds of optimizers by name: what help texts and checks are made of. */
export const optimizers = { adam, adamw, sgd, momentum } satisfies Record<string, OptimizerDefinition>;

/** A name in {@link optimizers}. */
export type OptimizerName = keyof typeof optimizers;

/**
 * The optimizer of a name and settings, as files and command lines have them. In this order, it clips the gradients, scales
 * them by period, makes updates of them, and scales these by period; what is not asked for is left out.
 *
 * `getConfig()` gives `{ optimizer, … }`, the name and all settings.
 *
 * @param settings what differs from the defaults.
 * @param units the harmonic units that are scaled by period, as in {@link scaleByPeriods}. Default: none.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown name, of a kind or of a setting, with the nearest known one, and
 *   for a setting out of bounds or a bad period; `INVALID_SHAPE` where periods and units do not match.
 * @example
 * ```ts
 * import { makeOptimizer } from '@harmonic-mlp/freq-optimizer';
 *
 * const optimizer = makeOptimizer('adamw', { learningRate: 3e-4, clipNorm: 1 });
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
  return new TransformOptimizer(transform, learningRate, { optimizer: kind, ...checked });
}
