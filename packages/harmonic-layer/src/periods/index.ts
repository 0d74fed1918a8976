import { register } from '../table';
import { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';
import { periods } from './table';

export { capped, cappedHarmonicSeries, type PeriodOptions } from './capped';
export { harmonic as harmonicProgression } from './harmonic';
export { listPeriods, type Periods, parsePeriods, periodsWith } from './parse';
export { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';
export { periods };

/**
 * Adds your own distribution to {@link periods}, so that options can name it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a part that is missing, unknown, or of the wrong type, and for a name that
 *   is taken or not in lowercase.
 * @example
 * ```ts
 * registerPeriods({
 *   name: 'octaves',
 *   summary: 'longest/2^i for unit i',
 *   hyperparameters: { longest: { summary: 'the period of the first unit', default: 8, above: 0 } },
 *   periodsOf: (units, { longest }) => Float32Array.from({ length: units }, (_, i) => longest / 2 ** i),
 * });
 * ```
 */
export function registerPeriods<Name extends string>(distribution: PeriodDistribution<Name>): void {
  register(periods, 'period distribution', requirePeriodDistribution(distribution as PeriodDistribution));
}
