import type { RandomKey } from '@harmonic-mlp/core';
import type { Hyperparameters, HyperparameterValues } from '../hyperparameters';
import { type Parts, requireEntry } from '../table';

/** A distribution of periods over the units of a layer. `Name` is the union of its hyperparameters' names. */
export interface PeriodDistribution<Name extends string = string> {
  /** Its name in options, in lowercase. */
  readonly name: string;
  /** Its formula, as a phrase. */
  readonly summary: string;
  /** The numbers that shape it, in the order in which a text such as `geometric:2,64` gives them. */
  readonly hyperparameters: Hyperparameters<Name>;
  /** Whether the periods are trained with the layer, and these are the initial ones. Default false. */
  readonly isLearnable?: boolean;
  /**
   * The periods of a number of units, each greater than 0.
   *
   * @param key the random stream of a distribution that draws.
   */
  periodsOf(units: number, hyperparameters: HyperparameterValues<Name>, key: RandomKey): Float32Array;
}

const parts: Parts<PeriodDistribution> = {
  name: 'string',
  summary: 'string',
  hyperparameters: 'object',
  isLearnable: 'boolean?',
  periodsOf: 'function',
};

/**
 * Checks that a value is a period distribution, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the part that is missing, unknown, or of the wrong type.
 */
export const requirePeriodDistribution = (value: PeriodDistribution): PeriodDistribution =>
  requireEntry('periods', value, "registerPeriods({ name: 'octaves', … })", parts);
