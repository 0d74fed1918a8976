import type { Hyperparameters, HyperparameterValues } from '../hyperparameters';
import { type Parts, requireEntry } from '../table';

/** A distribution of periods over the units of a layer. `Name` are the names of its hyperparameters. */
export interface PeriodDistribution<Name extends string = string> {
  /** What options call it, in lowercase. */
  readonly name: string;
  /** Its formula, in a phrase. */
  readonly summary: string;
  /** The numbers that shape it. */
  readonly hyperparameters: Hyperparameters<Name>;
  /** The periods, greater than 0, of a number of units. */
  periodsOf(units: number, hyperparameters: HyperparameterValues<Name>): Float32Array;
}

const parts: Parts<PeriodDistribution> = {
  name: 'string',
  summary: 'string',
  hyperparameters: 'object',
  periodsOf: 'function',
};

/**
 * Checks that a value is a distribution of periods, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the part that is missing, not known, or not of its type.
 */
export const requirePeriodDistribution = (value: PeriodDistribution): PeriodDistribution =>
  requireEntry('periods', value, "registerPeriods({ name: 'octaves', … })", parts);
