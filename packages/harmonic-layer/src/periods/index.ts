import { register } from '../table';
import { capped } from './capped';
import { constant } from './constant';
import { cyclic } from './cyclic';
import { gaussian } from './gaussian';
import { geometric } from './geometric';
import { learnable } from './learnable';
import { linear } from './linear';
import { nyquist } from './nyquist';
import { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';
import { uniform } from './uniform';

export { capped, cappedHarmonicSeries, type PeriodOptions } from './capped';
export { listPeriods, type Periods, parsePeriods } from './parse';
export { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';

/** The period distributions by name: those of this package and those added with {@link registerPeriods}. */
export const periods: { readonly [name: string]: PeriodDistribution } = {
  capped,
  constant,
  linear,
  geometric,
  cyclic,
  uniform,
  gaussian,
  nyquist,
  learnable,
};

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
  register(
    periods,
    'period distribution',
    requirePeriodDistribution(distribution as PeriodDistribution),
  );
}
