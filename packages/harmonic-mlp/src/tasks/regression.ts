import {
  absoluteError,
  finiteNumbers,
  huberError,
  requireNumber,
  requireOneOf,
  requireOptions,
  squaredError,
} from '@harmonic-mlp/core';
import {
  concat,
  div,
  mean,
  mul,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import { pure } from '../pure';
import { type TargetBatch, targetTask } from './targets';
import type { Metric, Task } from './task';

/** A batch with targets for a regression, in their own units. */
export type RegressionBatch = TargetBatch;

/** The units in which a model computes its targets: `(targets − mean)/deviation`. */
export interface TargetScaling {
  /** [outputs]. */
  readonly mean: Tensor1D;
  /** [outputs], greater than 0. */
  readonly deviation: Tensor1D;
}

/** Settings of {@link regression}. */
export interface RegressionOptions {
  /** The loss: the mean squared, absolute, or Huber error of standardized targets. Default `squared`. */
  loss?: 'squared' | 'absolute' | 'huber';
  /** δ of the Huber loss, in standard deviations. Default 1. */
  delta?: number;
  /** The units of the model's outputs. Default: those of the targets. */
  scaling?: TargetScaling;
}

const losses = {
  squared: (inputs: LossInputs) => squaredError(inputs),
  absolute: (inputs: LossInputs) => absoluteError(inputs),
  huber: (inputs: LossInputs, delta: number) => huberError(inputs, { delta }),
};
type LossInputs = Parameters<typeof squaredError>[0];

/**
 * One or more numbers for each example. The loss compares standardized values; the metrics are in the units of the targets:
 * `rmse`, the root of the mean squared error over examples and outputs, and `r2`, the coefficient of determination
 * `1 − Σ(t − y)²/Σ(t − mean t)²`, averaged over the outputs, as in scikit-learn.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown.
 */
export function regression(options?: RegressionOptions): Task<RegressionBatch> {
  const {
    loss = 'squared',
    delta = 1,
    scaling,
  } = requireOptions('options', options, "regression({ loss: 'huber' })", {
    loss: true,
    delta: true,
    scaling: true,
  });
  requireOneOf('loss', loss, Object.keys(losses) as (keyof typeof losses)[]);
  requireNumber('delta', delta, { above: 0 });

  const standardized = (targets: Tensor2D): Tensor2D =>
    scaling === undefined ? targets : div(sub(targets, scaling.mean), scaling.deviation);
  const error = (outputs: Tensor2D, targets: Tensor2D): Tensor2D => sub(outputs, standardized(targets));

  const rmse: Metric<RegressionBatch> = {
    name: 'rmse',
    sum: pure((outputs: Tensor2D, { targets }: RegressionBatch) =>
      tidy(() => {
        const difference = error(outputs, targets);
        const inOwnUnits = scaling === undefined ? difference : mul(difference, scaling.deviation);
        return sum(mean(square(inOwnUnits), 1)) as Scalar;
      }),
    ),
    result: ([squared]) => Math.sqrt(squared),
  };
  const r2: Metric<RegressionBatch> = {
    name: 'r2',
    sum: pure((outputs: Tensor2D, { targets }: RegressionBatch) =>
      tidy(() => {
        // Standardized, so that the variance does not get lost in the squares of a large mean.
        const values = standardized(targets);
        return concat([
          sum(square(sub(outputs, values)), 0),
          sum(values, 0),
          sum(square(values), 0),
        ]) as Tensor1D;
      }),
    ),
    result(means) {
      const outputs = means.length / 3;
      let total = 0;
      for (let i = 0; i < outputs; i++) {
        const [residual, average, squared] = [means[i], means[outputs + i], means[2 * outputs + i]];
        const variance = squared - average ** 2;
        // What is left of equal targets is rounding.
        total += variance > 1e-6 * squared ? 1 - residual / variance : Number(residual === 0);
      }
      return total / outputs;
    },
  };
  return targetTask(
    {
      name: 'regression',
      metrics: [rmse, r2],
      loss: pure((outputs: Tensor2D, { targets, weights }: RegressionBatch) =>
        tidy(() => losses[loss]({ outputs, targets: standardized(targets), weights }, delta)[0]),
      ),
    },
    finiteNumbers,
  );
}
