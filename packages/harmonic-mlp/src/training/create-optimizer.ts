import { HarmonicError, type KnownOptions, requireOptions } from '@harmonic-mlp/core';
import {
  Adam,
  type AdamOptions,
  FrequencyAwareOptimizer,
  type FrequencyAwareOptions,
} from '@harmonic-mlp/freq-optimizer';
import type { Model } from '../model';

/** Settings of {@link createOptimizer}: Adam's, and how the harmonic layers' gradients or updates are scaled. */
export interface OptimizerOptions extends AdamOptions, FrequencyAwareOptions {
  /** λ of every parameter, at least 0. Default 1e-5. */
  weightDecay?: number;
}

const known: KnownOptions<OptimizerOptions> = {
  learningRate: true,
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
  weightDecayMode: true,
  freqScaleFactor: true,
  freqScale: true,
  scale: true,
};

/**
 * The published optimizer of a model: Adam with coupled weight decay inside a `FrequencyAwareOptimizer` around the
 * model's harmonic layers.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds or of an unknown name, or no model.
 * @example
 * ```ts
 * const optimizer = createOptimizer(model, { learningRate: 3e-4, freqScale: 'update' });
 * await model.fit(train, { optimizer });
 * optimizer.dispose();
 * ```
 */
export function createOptimizer(
  model: Pick<Model, 'harmonicLayers'>,
  options?: OptimizerOptions,
): FrequencyAwareOptimizer {
  if (!Array.isArray((model as Partial<Model> | undefined)?.harmonicLayers)) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'model',
      value: model,
      allowed: 'a HarmonicMLP, as in createOptimizer(model, { learningRate: 1e-3 })',
    });
  }
  const {
    weightDecay = 1e-5,
    freqScaleFactor,
    freqScale,
    scale,
    ...adam
  } = requireOptions('options', options, 'createOptimizer(model, { learningRate: 1e-3 })', known);
  return new FrequencyAwareOptimizer(new Adam({ ...adam, weightDecay }), model.harmonicLayers, {
    freqScaleFactor,
    freqScale,
    scale,
  });
}
