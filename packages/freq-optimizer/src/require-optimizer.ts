import { HarmonicError } from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';

/**
 * Checks that a value is a `tf.Optimizer`, from any copy of tfjs-core, and returns it.
 *
 * @param argument its name in the error.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else.
 */
export function requireOptimizer(argument: string, value: unknown): Optimizer {
  const { applyGradients, getClassName } = (value ?? {}) as Partial<Record<keyof Optimizer, unknown>>;
  if (typeof applyGradients === 'function' && typeof getClassName === 'function') return value as Optimizer;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument,
    value,
    allowed: 'a tf.Optimizer, such as new Adam({ learningRate: 1e-3 }) or tf.train.sgd(0.1)',
  });
}
