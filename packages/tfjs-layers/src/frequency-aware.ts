import { type KnownOptions, requireOptions } from '@harmonic-mlp/core';
import { FrequencyAwareOptimizer, type FrequencyAwareOptions } from '@harmonic-mlp/freq-optimizer';
import type { Optimizer, serialization } from '@tensorflow/tfjs-core';
import { deserialize, type Serialized } from './serialized';
import { unitPeriods } from './unit-periods';

/** The optimizer that recognizes harmonic layers by their variables, so that loading a model needs only its JSON. */
export class LayersFrequencyAwareOptimizer extends FrequencyAwareOptimizer {
  constructor(base: Optimizer, options?: FrequencyAwareOptions) {
    super(base, unitPeriods, options);
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    { base, ...options }: serialization.ConfigDict,
  ): T {
    // Earlier models call freqScale `scale`.
    const { freqScaleFactor, freqScale = options.scale } = options;
    return new cls(deserialize('base', base as unknown as Serialized), { freqScaleFactor, freqScale });
  }
}

const known: KnownOptions<FrequencyAwareOptions> = {
  freqScaleFactor: true,
  freqScale: true,
  scale: true,
};

/**
 * A frequency-aware optimizer for `model.compile`: wraps any `tf.Optimizer` and scales its steps for the weights of each
 * `HarmonicDense` unit by `s = 1/(1 + freqScaleFactor·p)`, where p is the unit's period. All other weights are left to the
 * base. It finds the layers itself, even in a model that is built later.
 *
 * Dispose of it like any optimizer that you make; its base is disposed with it.
 *
 * @param base the optimizer that takes the steps, such as `new Adam({ learningRate: 1e-3 })` or `tf.train.sgd(0.1)`.
 * @param options `freqScaleFactor` (0.1) and `freqScale`: `'gradient'` (the default, as published; almost no effect with
 *   Adam) or `'update'`, a learning rate per unit with every base. See {@link FrequencyAwareOptimizer}.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown, and if the base is not an
 *   optimizer.
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
  const given = requireOptions('options', options, "frequencyAware(base, { freqScale: 'update' })", known);
  return new LayersFrequencyAwareOptimizer(base, given);
}
