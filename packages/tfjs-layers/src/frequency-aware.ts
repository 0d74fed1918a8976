import { requireOptions } from '@harmonic-mlp/core';
import { FrequencyAwareOptimizer, type FrequencyAwareOptions } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer, serialization } from '@tensorflow/tfjs-core';
import { deserialise, type Serialised } from './serialised';
import { unitPeriods } from './unit-periods';

/** The optimizer that knows harmonic layers by their variables, so that a loaded model's needs nothing but its JSON. */
export class LayersFrequencyAwareOptimizer extends FrequencyAwareOptimizer {
  constructor(base: Optimizer, options?: FrequencyAwareOptions) {
    super(base, unitPeriods, options);
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    { base, ...options }: serialization.ConfigDict,
  ): T {
    // Earlier models say scale for freqScale.
    const { freqScaleFactor, freqScale = options.scale } = options;
    return new cls(deserialise('The base optimizer', base as unknown as Serialised), {
      freqScaleFactor,
      freqScale,
    });
  }
}

/**
 * A frequency-aware optimizer for `model.compile`: wraps any `tf.Optimizer` and scales what it does to the weights of
 * each `HarmonicDense` unit by `s = 1/(1 + freqScaleFactor·p)`, p being the unit's period. All other weights are left
 * to the base. It finds the layers by itself, also in a model that is built later.
 *
 * You dispose it, and thereby the base, as any optimizer that you made.
 *
 * @param base what steps, such as `new Adam({ learningRate: 1e-3 })` or `tf.train.sgd(0.1)`.
 * @param options `freqScaleFactor` (0.1) and `freqScale`: `'gradient'` (default, as published; next to nothing with Adam) or
 * `'update'`, a learning rate for each unit with every base. See {@link FrequencyAwareOptimizer}.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad or misspelled option, or a bad base.
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 *
 * const model = sequential({
 *   layers: [harmonicDense({ units: 64, inputShape: [2] }), layers.dense({ units: 1 })],
 * });
 * model.compile({ optimizer: frequencyAware(new Adam(), { freqScale: 'update' }), loss: 'meanSquaredError' });
 * ```
 */
export function frequencyAware(base: Optimizer, options?: FrequencyAwareOptions): FrequencyAwareOptimizer {
  const known = { freqScaleFactor: true, freqScale: true, scale: true };
  const given = requireOptions('options', options, "frequencyAware(base, { freqScale: 'update' })", known);
  return new LayersFrequencyAwareOptimizer(base, given);
}
