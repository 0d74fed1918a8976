import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';

/**
 * Checks that something is a `tf.Optimizer`, of whatever copy of tfjs-core, and returns it.
 *
 * @param name what the error calls it.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else, such as a name.
 */
export function requireOptimizer(name: string, value: unknown): Optimizer {
  const { applyGradients, getClassName } = (value ?? {}) as Partial<Record<keyof Optimizer, unknown>>;
  if (typeof applyGradients === 'function' && typeof getClassName === 'function') return value as Optimizer;
  throw new HarmonicError(
    'INVALID_ARGUMENT',
    `${name} is ${describeValue(value)}; it must be a tf.Optimizer, such as new Adam({ learningRate: 1e-3 }) or tf.train.sgd(0.1).`,
  );
}
