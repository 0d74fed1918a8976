import {
  add,
  mean,
  mul,
  rsqrt,
  square,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import type { Bounds } from '../requirements';
import { sumOverBatch } from './dense';
import { requireAttributes } from './require-attributes';

/** Settings of layer normalization. */
export interface LayerNormAttributes {
  /** Added to the variance before taking the root. */
  epsilon: number;
}

/** The tensors of layer normalization. */
export type LayerNormInputs = {
  /** [batch, units]. */
  x: Tensor2D;
  /** γ, the scale, [units]. */
  gamma: Tensor1D;
  /** β, the shift, [units]. */
  beta: Tensor1D;
};

const epsilonBounds: Bounds = { min: 0 };

/** x̂ and 1/√(σ² + ε) of each example. */
function normalized(x: Tensor2D, epsilon: number): { xHat: Tensor2D; inverse: Tensor } {
  const centered = sub(x, mean(x, 1, true)) as Tensor2D;
  const inverse = rsqrt(add(mean(square(centered), 1, true), epsilon));
  return { xHat: mul(centered, inverse) as Tensor2D, inverse };
}

/**
 * Layer normalization (Ba et al., 2016): `y = γ·(x − μ)/√(σ² + ε) + β` with the mean μ and the biased variance σ² of each example
 * over its units.
 *
 * @returns `y` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` if the widths differ; `INVALID_ARGUMENT` for a setting that is out of bounds or unknown.
 */
export const layerNorm = defineOperation({
  name: 'HarmonicMLP.LayerNorm',
  validate({ x, gamma, beta }: LayerNormInputs, attributes: LayerNormAttributes) {
    requireAttributes(attributes, 'layerNorm({ x, gamma, beta }, { epsilon: 1e-5 })', {
      epsilon: epsilonBounds,
    });
    const [, units] = requireShape('x', x, ['batch', 'units']).shape;
    requireShape('gamma', gamma, [units], { x });
    requireShape('beta', beta, [units], { x });
  },
  compose({ x, gamma, beta }, { epsilon }): Tensor2D {
    return add(mul(normalized(x, epsilon).xHat, gamma), beta);
  },
  savedInputs: ['x', 'gamma'],
  gradient(dy, saved, { epsilon }) {
    const [x, gamma] = saved as [Tensor2D, Tensor1D];
    const [dx, dGamma, dBeta] = layerNormGradient({ dy: dy as Tensor2D, x, gamma }, { epsilon });
    return { x: () => dx, gamma: () => dGamma, beta: () => dBeta };
  },
});

/**
 * The gradients of {@link layerNorm}. With `g = dy·γ` and means over the units of an example: `dx = (g − mean g − x̂·mean(g·x̂))/√(σ²
 * + ε)`; with sums over the batch, `dγ = Σ dy·x̂`, `dβ = Σ dy`.
 *
 * @returns `[dx, dγ, dβ]`.
 */
export const layerNormGradient = defineOperation({
  name: 'HarmonicMLP.LayerNormGradient',
  compose(
    { dy, x, gamma }: { dy: Tensor2D; x: Tensor2D; gamma: Tensor1D },
    { epsilon }: LayerNormAttributes,
  ): [Tensor2D, Tensor1D, Tensor1D] {
    const { xHat, inverse } = normalized(x, epsilon);
    const g = mul(dy, gamma) as Tensor2D;
    const centered = sub(sub(g, mean(g, 1, true)), mul(xHat, mean(mul(g, xHat), 1, true)));
    return [mul(centered, inverse) as Tensor2D, sumOverBatch(mul(dy, xHat)), sumOverBatch(dy)];
  },
});
