import { HarmonicError, type KnownOptions, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import {
  Adam,
  type AdamOptions,
  FrequencyAwareOptimizer,
  type FrequencyAwareOptions,
  makeOptimizer,
  type OptimizerName,
  optimizers,
  requireFreqScale,
  type TransformOptimizer,
} from '@harmonic-mlp/freq-optimizer';
import type { Model } from '../model';

/** Settings of {@link createOptimizer}: those of the optimizer, and of the scaling of harmonic units. */
export interface OptimizerOptions extends AdamOptions, FrequencyAwareOptions {
  /** The kind: `adam` (default), `adamw`, `sgd`, or `momentum`. Each takes its own settings. */
  optimizer?: OptimizerName;
  /** At least 0. Default 1e-3 for `adam` and `adamw`, 0.1 for `sgd`, 0.01 for `momentum`. */
  learningRate?: number;
  /** λ for all parameters, at least 0. Default 1e-5 for `adam`, 0.01 for `adamw`, otherwise 0. */
  weightDecay?: number;
  /** μ of `momentum`, in [0, 1). Default 0.9. */
  momentum?: number;
  /** Whether `momentum` uses Nesterov's form. Default false. */
  nesterov?: boolean;
  /** The limit for the magnitude of each element of the gradients, greater than 0. Default: none. */
  clipValue?: number;
  /** The limit for the norm of all gradients together, greater than 0. Default: none. */
  clipNorm?: number;
}

const known = {
  ...optimizers.momentum.settings,
  ...optimizers.adam.settings,
  optimizer: true,
  weightDecayMode: true,
  scale: true,
} as KnownOptions<OptimizerOptions>;

/**
 * Makes an optimizer for a model. By default it is the published one: Adam with coupled weight decay, inside a
 * `FrequencyAwareOptimizer` for the model's harmonic layers. Other kinds, and Adam with clipping, are chains of transforms; see
 * `makeOptimizer` of freq-optimizer.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is unknown, out of bounds, or of another kind of optimizer, and if
 *   there is no model.
 * @example
 * ```ts
 * const optimizer = createOptimizer(model, { learningRate: 3e-4, freqScale: 'update' });
 * await model.fit(train, { optimizer });
 * optimizer.dispose();
 * ```
 */
export function createOptimizer(
  model: Pick<Model, 'harmonicLayers'>,
  options?: OptimizerOptions & { optimizer?: 'adam'; clipValue?: undefined; clipNorm?: undefined },
): FrequencyAwareOptimizer;
/** Makes an optimizer of any kind. */
export function createOptimizer(
  model: Pick<Model, 'harmonicLayers'>,
  options?: OptimizerOptions,
): FrequencyAwareOptimizer | TransformOptimizer;
export function createOptimizer(
  model: Pick<Model, 'harmonicLayers'>,
  options?: OptimizerOptions,
): FrequencyAwareOptimizer | TransformOptimizer {
  if (!Array.isArray((model as Partial<Model> | undefined)?.harmonicLayers)) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'model',
      value: model,
      allowed: 'a HarmonicMLP, as in createOptimizer(model, { learningRate: 1e-3 })',
    });
  }
  const given = requireOptions('options', options, 'createOptimizer(model, { learningRate: 1e-3 })', known);
  const { optimizer: kind = 'adam', freqScale: _, scale: __, ...settings } = given;
  requireOneOf('optimizer', kind, Object.keys(optimizers) as OptimizerName[]);
  const freqScale = requireFreqScale(given);
  const { weightDecay = kind === 'adam' ? 1e-5 : undefined } = settings;
  const { momentum, nesterov, clipValue, clipNorm, freqScaleFactor, ...adam } = settings;
  if (kind === 'adam' && [momentum, nesterov, clipValue, clipNorm].every((each) => each === undefined)) {
    const scaling = { freqScaleFactor, freqScale };
    return new FrequencyAwareOptimizer(new Adam({ ...adam, weightDecay }), model.harmonicLayers, scaling);
  }
  const chosen = { ...settings, weightDecay, freqScale };
  if (kind !== 'adam') return makeOptimizer(kind, chosen, model.harmonicLayers);
  // Adam's two modes of decay are two kinds of optimizer.
  const { weightDecayMode = 'l2', ...others } = chosen;
  requireOneOf('weightDecayMode', weightDecayMode, ['l2', 'decoupled']);
  const decaying = weightDecayMode === 'l2' ? 'adam' : 'adamw';
  return makeOptimizer(decaying, others, model.harmonicLayers);
}
