import { requireKnown, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { type Activation, activations, harmonic, requireActivation } from './activations';
import { DenseLayer } from './dense-layer';
import { HarmonicLayer, type HarmonicLayerOptions } from './harmonic-layer';
import { resolveHyperparameters } from './hyperparameters';
import {
  cappedHarmonic,
  type PeriodDistribution,
  periodDistributions,
  requirePeriodDistribution,
} from './periods';
import { find } from './table';

/**
 * What defines a layer of {@link makeLayer}: these options and, by name, the hyperparameters of all activations and period
 * distributions.
 */
export interface LayerOptions extends HarmonicLayerOptions {
  /** An activation: its name, such as `harmonic`, `relu`, or `linear`, or an object. */
  activation: string | Activation;
  /** The distribution of the units' periods: its name, or an object. Default `capped-harmonic`. */
  periods?: string | PeriodDistribution;
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
  const { inputSize, units, isFirst, useBias, seed, baseFreq, maxFreq, residual } = options;
  const activation = find(activations, 'activation', options.activation, requireActivation);
  const { periods: chosen = cappedHarmonic } = options;
  const distribution = find(periodDistributions, 'periods', chosen, requirePeriodDistribution);

  const all = [
    activation,
    distribution,
    ...Object.values(activations),
    ...Object.values(periodDistributions),
  ];
  const hyperparameters = all.flatMap((entry) => Object.keys(entry.hyperparameters));
  requireKnown(options, [...own, ...new Set(hyperparameters)], example);

  if (activation === harmonic && distribution === cappedHarmonic)
    return new HarmonicLayer({ inputSize, units, baseFreq, maxFreq, residual, useBias, seed });
  const periodsOf = () =>
    distribution.periodsOf(
      requireNumber('units', units, { integer: true, min: 1 }),
      resolveHyperparameters(distribution.hyperparameters, options),
    );
  return new DenseLayer({
    inputSize,
    units,
    activation,
    hyperparameters: resolveHyperparameters(activation.hyperparameters, options),
    periods: activation.hasPeriods ? periodsOf() : undefined,
    isFirst,
    useBias,
    seed,
  });
}
