import { type Bounds, requireNumber } from '@harmonic-mlp/core';

/** A number that an activation or a period distribution takes: its meaning, bounds, and default. */
export interface Hyperparameter extends Bounds {
  /** What it is, as a phrase. */
  readonly summary: string;
  /** The value if none is given. Default: it must be given. */
  readonly default?: number;
}

/** The hyperparameters called `Name`. */
export type Hyperparameters<Name extends string> = { readonly [Each in Name]: Hyperparameter };

/** A value for each hyperparameter called `Name`. */
export type HyperparameterValues<Name extends string> = { readonly [Each in Name]: number };

/**
 * Checks the given hyperparameters, and fills in the defaults of the others.
 *
 * @param given may contain other names.
 * @throws {HarmonicError} `INVALID_ARGUMENT`, with the hyperparameter, its value, and its bounds.
 */
export function resolveHyperparameters<Name extends string>(
  hyperparameters: Hyperparameters<Name>,
  given: { readonly [name: string]: unknown },
): HyperparameterValues<Name> {
  const values = Object.entries<Hyperparameter>(hyperparameters).map(([name, hyperparameter]) => [
    name,
    requireNumber(name, given[name] === undefined ? hyperparameter.default : given[name], hyperparameter),
  ]);
  return Object.fromEntries(values);
}
