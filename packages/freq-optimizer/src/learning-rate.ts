import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import type { Optimizer } from '@tensorflow/tfjs-core';

type Rated = { learningRate?: unknown; setLearningRate?: (rate: number) => void };

/**
 * The learning rate of any optimizer: this package's, or a stock one of tfjs-core.
 *
 * @throws {HarmonicError} `UNSUPPORTED` for an optimizer without one.
 */
export function getLearningRate(optimizer: Optimizer): number {
  const { learningRate } = optimizer as unknown as Rated;
  if (typeof learningRate === 'number') return learningRate;
  throw new HarmonicError('UNSUPPORTED', `${optimizer.getClassName()} has no numeric learningRate to read.`);
}

/**
 * Sets the learning rate of any optimizer: this package's, or a stock one of tfjs-core, most of which have no
 * setter, while SGD and momentum also keep the rate in a tensor that has to follow.
 *
 * @param rate at least 0.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad rate, `UNSUPPORTED` for an optimizer without one, or with one that
 *   cannot be set.
 */
export function setLearningRate(optimizer: Optimizer, rate: number): void {
  requireNumber('learning rate', rate, { min: 0 });
  getLearningRate(optimizer);
  const rated = optimizer as unknown as Rated;
  try {
    if (typeof rated.setLearningRate === 'function') rated.setLearningRate(rate);
    else rated.learningRate = rate;
  } catch (cause) {
    // What a getter without a setter throws.
    if (!(cause instanceof TypeError)) throw cause;
    throw notSettable(optimizer, cause);
  }
  if (getLearningRate(optimizer) !== rate) throw notSettable(optimizer);
}

const notSettable = (optimizer: Optimizer, cause?: unknown) =>
  new HarmonicError(
    'UNSUPPORTED',
    `The learningRate of ${optimizer.getClassName()} can be read, but not set; an optimizer whose rate is to change needs both.`,
    { cause },
  );
