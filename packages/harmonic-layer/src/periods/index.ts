import { register } from '../table';
import { cappedHarmonic } from './capped-harmonic';
import { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';

export { cappedHarmonic, cappedHarmonicSeries, type PeriodOptions } from './capped-harmonic';
export { type PeriodDistribution, requirePeriodDistribution } from './period-distribution';

/** The distributions of periods by name: those of this package, and those that {@link registerPeriods} added. */
export const periodDistributions: { readonly [name: string]: PeriodDistribution } = {
  'capped-harmonic': cappedHarmonic,
};

/**
 * Adds a distribution of your own to {@link periodDistributions}, so that options can name it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a part that is missing or not known, and for a name that another one has.
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
    'distribution of periods',
    requirePeriodDistribution(distribution as PeriodDistribution),
  );
}
