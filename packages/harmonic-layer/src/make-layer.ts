import { requireOptions } from '@harmonic-mlp/core';
import { harmonic } from './activations';
import { DenseLayer } from './dense-layer';
import { HarmonicLayer } from './harmonic-layer';
import { type LayerOptions, resolveLayer } from './layer-options';
import { capped } from './periods';

export type { LayerOptions };

const example = "makeLayer({ inputSize: 2, units: 64, activation: 'harmonic' })";
const known = ['inputSize', 'units', 'activation', 'periods', 'isFirst', 'useBias', 'seed'];

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
  const { inputSize } = options;
  const { definition, periods } = resolveLayer(options, { example, known });
  if (definition.activation !== harmonic || periods.distribution !== capped)
    return new DenseLayer({ inputSize, ...definition });
  const { units, useBias, seed } = definition;
  const { baseFreq, maxFreq } = periods.hyperparameters;
  return new HarmonicLayer({
    inputSize,
    units,
    baseFreq,
    maxFreq,
    residual: definition.hyperparameters!.residual,
    useBias,
    seed,
  });
}
