import type { RandomKey } from '@harmonic-mlp/core';
import type { Hyperparameters, HyperparameterValues } from '../hyperparameters';

/** A way to choose the frequencies of {@link FourierFeatures}. `Name` is the union of its hyperparameters' names. */
export interface FourierEncoding<Name extends string = string> {
  /** Its name in options, in lowercase. */
  readonly name: string;
  /** Its frequencies, as a phrase. */
  readonly summary: string;
  /** The numbers that shape it, in the order in which a text such as `gaussian:64,1` gives them. */
  readonly hyperparameters: Hyperparameters<Name>;
  /** The number of features, for a number of inputs. */
  featuresOf(inputs: number, hyperparameters: HyperparameterValues<Name>): number;
  /**
   * The frequencies B in cycles per unit of each input, [inputs, features], row-major.
   *
   * @param key the random stream of an encoding that draws.
   */
  frequenciesOf(inputs: number, hyperparameters: HyperparameterValues<Name>, key: RandomKey): Float32Array;
}
