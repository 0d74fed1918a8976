import { register } from '../table';
import { cappedHarmonic } from './capped-harmonic';
import { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';

export { cappedHarmonic, cappedHarmonicSeries, type PeriodOptions } from './capped-harmonic';
export { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';

/** The period distributions by name: those of this package and those added with {@link registerPeriods}. */
export const periodDistributions: { readonly [name: string]: PeriodDistribution } = {
  'capped-harmonic': cappedHarmonic,
};

/**
 * Adds your own distribution to {@link periodDistributions}, so that options can name it.
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
    periodDistributions,
    'period distribution',
    requirePeriodDistribution(distribution as PeriodDistribution),
  );
}
