import {
  add,
  div,
  mul,
  reciprocal,
  sqrt,
  square,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { HarmonicError } from '../errors';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import type { Bounds } from '../requirements';
import { sumOverBatch } from './dense';
import { requireAttributes } from './require-attributes';

/** Settings of batch normalization. */
export interface BatchNormAttributes {
  /** Added to the variance before taking the root. */
  epsilon: number;
  /** The weight of this batch in the running statistics. */
  momentum: number;
}

/** The tensors of batch normalization. */
export type BatchNormInputs = {
  /** [batch, units]. */
  x: Tensor2D;
  /** γ, the scale, [units]. */
  gamma: Tensor1D;
  /** β, the shift, [units]. */
  beta: Tensor1D;
  /** [units]; zeros before the first batch. */
  runningMean: Tensor1D;
  /** [units], unbiased; ones before the first batch. */
  runningVariance: Tensor1D;
};

const epsilonBounds: Bounds = { min: 0 };

function requireUnits({ x, ...vectors }: BatchNormInputs): void {
  const [, units] = requireShape('x', x, ['batch', 'units']).shape;
  for (const [name, vector] of Object.entries(vectors)) requireShape(name, vector, [units], { x });
}

/**
 * Batch normalization in training (Ioffe and Szegedy, 2015): `y = γ·(x − μ)/√(σ² + ε) + β`, with the mean μ and
 * the biased variance σ² of each unit over the batch. As in PyTorch, the running statistics move by
 * `running + momentum·(batch − running)` with the unbiased variance `σ²·B/(B − 1)`.
 *
 * @param inputs `x` [batch, units], the rest [units].
 * @returns `[y, μ, 1/√(σ² + ε), new running mean, new running variance]`; only `y` is differentiable.
 * @throws {HarmonicError} `INVALID_SHAPE` for fewer than two examples, whose variance is undefined, and if the widths differ;
 *   `INVALID_ARGUMENT` for a setting that is out of bounds or unknown.
 */
export const batchNorm = defineOperation({
  name: 'HarmonicMLP.BatchNorm',
  validate(inputs: BatchNormInputs, attributes: BatchNormAttributes) {
    requireAttributes(attributes, 'batchNorm(inputs, { epsilon: 1e-5, momentum: 0.1 })', {
      epsilon: epsilonBounds,
      momentum: { min: 0, max: 1 },
    });
    requireUnits(inputs);
    const { x } = inputs;
    if (x.shape[0] < 2) {
      throw new HarmonicError('INVALID_SHAPE', {
        argument: 'x',
        value: x,
        allowed: 'a batch of at least 2 examples',
        problem: `Batch normalization cannot train on a batch of ${x.shape[0]}, because the variance of a single example is undefined.`,
        fix: 'Use batches of at least 2 examples.',
      });
    }
  },
  compose(
    { x, gamma, beta, runningMean, runningVariance },
    { epsilon, momentum },
  ): [Tensor2D, Tensor1D, Tensor1D, Tensor1D, Tensor1D] {
    const batch = x.shape[0];
    const mean = div(sumOverBatch(x), batch) as Tensor1D;
    const centered = sub(x, mean) as Tensor2D;
    const variance = div(sumOverBatch(square(centered)), batch) as Tensor1D;
    const inverseDeviation = reciprocal(sqrt(add(variance, epsilon))) as Tensor1D;
    const moved = (running: Tensor1D, current: Tensor) =>
      add(mul(running, 1 - momentum), mul(current, momentum)) as Tensor1D;
    return [
      add(mul(centered, mul(inverseDeviation, gamma)), beta),
      mean,
      inverseDeviation,
      moved(runningMean, mean),
      moved(runningVariance, mul(variance, batch / (batch - 1))),
    ];
  },
  savedInputs: ['x', 'gamma'],
  savedOutputs: [false, true, true, false, false],
  gradient([dy], saved) {
    const [x, gamma, mean, inverseDeviation] = saved as [Tensor2D, Tensor1D, Tensor1D, Tensor1D];
    const [dx, dGamma, dBeta] = batchNormGradient({ dy: dy as Tensor2D, x, gamma, mean, inverseDeviation });
    return { x: () => dx, gamma: () => dGamma, beta: () => dBeta };
  },
});

/**
 * The gradients of {@link batchNorm}. With `x̂ = (x − μ)/√(σ² + ε)` and sums over the batch: `dγ = Σ dy·x̂`, `dβ = Σ dy`,
 * `dx = γ/√(σ² + ε) · (dy − dβ/B − x̂·dγ/B)`.
 *
 * @returns `[dx, dγ, dβ]`.
 */
export const batchNormGradient = defineOperation({
  name: 'HarmonicMLP.BatchNormGradient',
  compose({
    dy,
    x,
    gamma,
    mean,
    inverseDeviation,
  }: {
    dy: Tensor2D;
    x: Tensor2D;
    gamma: Tensor1D;
    mean: Tensor1D;
    inverseDeviation: Tensor1D;
  }): [Tensor2D, Tensor1D, Tensor1D] {
    const batch = x.shape[0];
    const normalized = mul(sub(x, mean), inverseDeviation) as Tensor2D;
    const dGamma = sumOverBatch(mul(dy, normalized));
    const dBeta = sumOverBatch(dy);
    const meanGradient = add(mul(normalized, div(dGamma, batch)), div(dBeta, batch));
    return [mul(sub(dy, meanGradient), mul(gamma, inverseDeviation)), dGamma, dBeta];
  },
});

/**
 * Batch normalization in inference: `y = γ·(x − μ)/√(σ² + ε) + β` with the running statistics, computed as one scale and one
 * shift per unit.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` if the widths differ; `INVALID_ARGUMENT` for a setting that is out of bounds or
 *   unknown.
 */
export const batchNormInference = defineOperation({
  name: 'HarmonicMLP.BatchNormInference',
  validate(inputs: BatchNormInputs, attributes: Pick<BatchNormAttributes, 'epsilon'>) {
    requireAttributes(attributes, 'batchNormInference(inputs, { epsilon: 1e-5 })', {
      epsilon: epsilonBounds,
    });
    requireUnits(inputs);
  },
  compose({ x, gamma, beta, runningMean, runningVariance }, { epsilon }): Tensor2D {
    const scale = div(gamma, sqrt(add(runningVariance, epsilon)));
    return add(mul(x, scale), sub(beta, mul(runningMean, scale)));
  },
});
