import { foldIn, HarmonicError, isList, randomKey, requireKnown, requireNumber } from '@harmonic-mlp/core';
import { type Activation, activations, layoutOf, requireActivation } from './activations';
import type { HarmonicLayerOptions } from './harmonic-layer';
import { resolveHyperparameters } from './hyperparameters';
import type { LayerDefinitionOptions } from './layer-definition';
import {
  listPeriods,
  type PeriodDistribution,
  type Periods,
  parsePeriods,
  periodsWith,
  requirePeriodDistribution,
  periods as table,
} from './periods';
import { find } from './table';

/**
 * What defines the units of a layer by names and numbers: these options and, by name, the hyperparameters of all activations and
 * period distributions.
 */
export interface UnitOptions extends Omit<HarmonicLayerOptions, 'inputSize'> {
  /** An activation: its name, such as `harmonic`, `relu`, or `linear`, or an object. */
  activation: string | Activation;
  /**
   * The units' periods: the name of a distribution, with or without its numbers, `geometric:2,64`; a list, which is repeated over
   * the units; or a distribution. Default `capped`, the capped harmonic series.
   */
  periods?: string | readonly number[] | PeriodDistribution;
  /** Whether this is the first layer of the network, which some activations initialize differently. Default false. */
  isFirst?: boolean;
  /** The hyperparameters of your own activations and distributions. */
  readonly [hyperparameter: string]: unknown;
}

/** What defines a layer of `makeLayer`. */
export interface LayerOptions extends UnitOptions {
  /** The width of the input. */
  inputSize: number;
}

/** The function that takes {@link UnitOptions}, for its errors. */
export interface OptionsTaker {
  /** An example of how to call it. */
  readonly example: string;
  /** The names of its options other than hyperparameters. */
  readonly known: readonly string[];
  /** Options that are known but not supported, and why. */
  readonly refused?: { readonly [name: string]: string };
}

/**
 * Looks up the names in a layer's options, and fills in defaults. Hyperparameters of other activations are ignored.
 *
 * @returns the options of a `LayerDefinition`, complete, and the distribution of its periods.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown, and for an unknown activation or
 *   distribution, with the nearest name.
 */
export function resolveLayer(
  options: UnitOptions,
  { example, known, refused }: OptionsTaker,
): { definition: LayerDefinitionOptions; periods: Periods } {
  const { units, isFirst, useBias, seed = Math.floor(Math.random() * 2 ** 32) } = options;
  const activation = find(activations, 'activation', options.activation, requireActivation);
  const all = [activation, ...Object.values(activations), ...Object.values(table)];
  if (isDistribution(options.periods)) all.push(requirePeriodDistribution(options.periods) as never);
  const names = all.flatMap((entry) => Object.keys(entry.hyperparameters));
  requireKnown(options, [...new Set([...known, ...names])], example, refused);

  const periods = requirePeriods(options);
  const { distribution } = periods;
  const hyperparameters = resolveHyperparameters(activation.hyperparameters, options);
  const key = randomKey(seed);
  const drawPeriods = () => {
    requireNumber('units', units, { integer: true, min: 1 });
    const { periodic } = layoutOf(activation, units, hyperparameters);
    return distribution.periodsOf(periodic, periods.hyperparameters, foldIn(key, 'periods'));
  };
  return {
    definition: {
      units,
      activation,
      hyperparameters,
      periods: activation.hasPeriods ? drawPeriods() : undefined,
      learnPeriods: activation.hasPeriods && distribution.isLearnable,
      isFirst,
      useBias,
      seed,
    },
    periods,
  };
}

const isDistribution = (value: unknown): value is PeriodDistribution =>
  typeof value === 'object' && value !== null && !isList(value);

function requirePeriods({ periods = 'capped', ...options }: UnitOptions): Periods {
  if (typeof periods === 'string') return parsePeriods(periods, options);
  if (isList(periods)) return listPeriods(periods as readonly number[]);
  if (isDistribution(periods)) return periodsWith(periods, options);
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'periods',
    value: periods,
    allowed: "a distribution's name, such as geometric:2,64, a list of periods, or a distribution",
  });
}
