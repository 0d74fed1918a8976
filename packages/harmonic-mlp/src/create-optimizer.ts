import { describeValue, HarmonicError, requireOptions } from '@harmonic-mlp/core';
import {
  Adam,
  type AdamOptions,
  FrequencyAwareOptimizer,
  type FrequencyAwareOptions,
} from '@harmonic-mlp/freq-optimizer';
import type { HarmonicMLP } from './harmonic-mlp';

/** Settings of {@link createOptimizer}: Adam's, and how the harmonic layers' gradients or updates are scaled. */
export interface OptimizerOptions extends AdamOptions, FrequencyAwareOptions {
  /** λ of every parameter, at least 0. Default 1e-5. */
  weightDecay?: number;
}

/**
 * The published optimizer of a model: Adam with coupled weight decay inside a `FrequencyAwareOptimizer` around the
 * model's harmonic layers.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds, or no model.
 * @example
 * ```ts
 * const optimizer = createOptimizer(model, { learningRate: 3e-4, freqScale: 'update' });
 * await model.fit(train, { optimizer });
 * optimizer.dispose();
 * ```
 */
export function createOptimizer(model: HarmonicMLP, options?: OptimizerOptions): FrequencyAwareOptimizer {
  if (!Array.isArray((model as Partial<HarmonicMLP> | undefined)?.harmonicLayers)) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `model is ${describeValue(model)}; it must be a HarmonicMLP, as in createOptimizer(model, { learningRate: 1e-3 }).`,
    );
  }
  const {
    weightDecay = 1e-5,
    freqScaleFactor,
    freqScale,
    scale,
    ...adam
  } = requireOptions('options', options, 'createOptimizer(model, { learningRate: 1e-3 })');
  return new FrequencyAwareOptimizer(new Adam({ ...adam, weightDecay }), model.harmonicLayers, {
    freqScaleFactor,
    freqScale,
    scale,
  });
}
