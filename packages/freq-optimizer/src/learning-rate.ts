import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';
import { requireOptimizer } from './require-optimizer';

type Rated = { learningRate?: unknown; setLearningRate?: (rate: number) => void };

/**
 * The learning rate of any optimizer, from this package or from tfjs-core.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for something else; `UNSUPPORTED` for an optimizer without a learning rate.
 */
export function getLearningRate(optimizer: Optimizer): number {
  const { learningRate } = requireOptimizer('optimizer', optimizer) as unknown as Rated;
  if (typeof learningRate === 'number') return learningRate;
  throw new HarmonicError('UNSUPPORTED', {
    argument: 'optimizer',
    value: optimizer,
    problem: `${optimizer.getClassName()} has no numeric learningRate to read.`,
  });
}

/**
 * Sets the learning rate of any optimizer, from this package or from tfjs-core. Most of the latter have no setter, and SGD
 * and momentum also keep the rate in a tensor, which this updates.
 *
 * @param rate at least 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad rate or optimizer; `UNSUPPORTED` for an optimizer without a learning
 *   rate, or with one that cannot be set.
 */
export function setLearningRate(optimizer: Optimizer, rate: number): void {
  requireNumber('rate', rate, { min: 0 });
  getLearningRate(optimizer);
  const rated = optimizer as unknown as Rated;
  try {
    if (typeof rated.setLearningRate === 'function') rated.setLearningRate(rate);
    else rated.learningRate = rate;
  } catch (cause) {
    // A getter without a setter throws this.
    if (!(cause instanceof TypeError)) throw cause;
    throw notSettable(optimizer, cause);
  }
  if (getLearningRate(optimizer) !== rate) throw notSettable(optimizer);
}

const notSettable = (optimizer: Optimizer, cause?: unknown) =>
  new HarmonicError(
    'UNSUPPORTED',
    {
      argument: 'optimizer',
      value: optimizer,
      problem: `The learningRate of ${optimizer.getClassName()} can be read but not set.`,
      fix: 'To change the rate, use an optimizer that allows both.',
    },
    { cause },
  );
