import {
  foldIn,
  HarmonicError,
  randomKey,
  requireKnown,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import { type Activation, activations, harmonic, layoutOf, requireActivation } from './activations';
import { DenseLayer } from './dense-layer';
import { HarmonicLayer, type HarmonicLayerOptions } from './harmonic-layer';
import { resolveHyperparameters } from './hyperparameters';
import {
  capped,
  listPeriods,
  type PeriodDistribution,
  type Periods,
  parsePeriods,
  requirePeriodDistribution,
  periods as table,
} from './periods';
import { find } from './table';

/**
 * What defines a layer of {@link makeLayer}: these options and, by name, the hyperparameters of all activations and period
 * distributions.
 */
export interface LayerOptions extends HarmonicLayerOptions {
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

const example = "makeLayer({ inputSize: 2, units: 64, activation: 'harmonic' })";
const own = ['inputSize', 'units', 'activation', 'periods', 'isFirst', 'useBias', 'seed'];

/**
 * Makes a layer from the names and numbers of a configuration. Hyperparameters of other activations are ignored, so that one
 * configuration works for all of them. Harmonic units with the capped harmonic series give a {@link HarmonicLayer}.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown, and for an unknown activation or
 *   distribution.
 * @example
 * ```ts
 * const hidden = makeLayer({ inputSize: 784, units: 512, activation: 'harmonic', maxFreq: 5, isFirst: true, seed: 1 });
 * const output = makeLayer({ inputSize: 512, units: 10, activation: 'linear', seed: 2 });
 * const logits = output.apply(hidden.apply(tf.zeros([1, 784])));
 * ```
 */
export function makeLayer(given: LayerOptions): DenseLayer {
  const options = requireOptions('options', given, example);
  const { inputSize, units, isFirst, useBias, residual } = options;
  const { seed = Math.floor(Math.random() * 2 ** 32) } = options;
  const activation = find(activations, 'activation', options.activation, requireActivation);
  const all = [activation, ...Object.values(activations), ...Object.values(table)];
  if (isDistribution(options.periods)) all.push(requirePeriodDistribution(options.periods) as never);
  const hyperparameters = all.flatMap((entry) => Object.keys(entry.hyperparameters));
  requireKnown(options, [...own, ...new Set(hyperparameters)], example);

  const { distribution, hyperparameters: numbers } = requirePeriods(options);
  if (activation === harmonic && distribution === capped) {
    const { baseFreq, maxFreq } = numbers;
    return new HarmonicLayer({ inputSize, units, baseFreq, maxFreq, residual, useBias, seed });
  }
  const values = resolveHyperparameters(activation.hyperparameters, options);
  const count = () =>
    layoutOf(activation, requireNumber('units', units, { integer: true, min: 1 }), values).periodic;
  const key = randomKey(seed);
  return new DenseLayer({
    inputSize,
    units,
    activation,
    hyperparameters: values,
    periods: activation.hasPeriods
      ? distribution.periodsOf(count(), numbers, foldIn(key, 'periods'))
      : undefined,
    learnPeriods: activation.hasPeriods && distribution.isLearnable,
    isFirst,
    useBias,
    seed: key,
  });
}

const isDistribution = (value: unknown): value is PeriodDistribution =>
  typeof value === 'object' && value !== null && !isList(value);

const isList = (value: unknown): value is readonly number[] =>
  Array.isArray(value) || ArrayBuffer.isView(value);

function requirePeriods({ periods = 'capped', ...options }: LayerOptions): Omit<Periods, 'text'> {
  if (typeof periods === 'string') return parsePeriods(periods, options);
  if (isList(periods)) return listPeriods(periods);
  if (isDistribution(periods)) {
    return {
      distribution: periods,
      hyperparameters: resolveHyperparameters(periods.hyperparameters, options),
    };
  }
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'periods',
    value: periods,
    allowed: "a distribution's name, such as geometric:2,64, a list of periods, or a distribution",
  });
}
