import {
  mul,
  reshape,
  type Scalar,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import type { Bounds } from '../requirements';
import { requireAttributes } from './require-attributes';

/** What a loss compares: outputs, targets of the same shape, and a weight for each example. */
export type LossInputs = {
  /** [batch, outputs]. */
  outputs: Tensor2D;
  /** [batch, outputs]. */
  targets: Tensor2D;
  /** [batch]. Default: ones. */
  weights?: Tensor1D;
};

interface LossDefinition<A extends { readonly [Name in keyof A]: number }> {
  readonly name: `HarmonicMLP.${string}`;
  readonly example: string;
  readonly attributes: { readonly [Name in keyof A]-?: Bounds };
  /** The loss of each value and its slope by the output, in terms of tfjs-core's own operations. */
  terms(outputs: Tensor2D, targets: Tensor2D, attributes: A): { loss: Tensor; slope: Tensor };
}

/** Checks that outputs, targets, and weights fit together. */
export function requireLossInputs({ outputs, targets, weights }: LossInputs): void {
  const shape = requireShape('outputs', outputs, ['batch', 'outputs']).shape;
  requireShape('targets', targets, shape, { outputs });
  if (weights !== undefined) requireShape('weights', weights, [shape[0]], { outputs });
}

/**
 * Makes a loss: the mean over all values, each weighted by its example's weight, which is not part of the divisor, as in Keras.
 * It returns `[L, ∂L/∂outputs]`, of which only L is differentiable; the second is saved for the backward pass.
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineLoss<A extends { readonly [Name in keyof A]: number } = Record<never, never>>({
  name,
  example,
  attributes: bounds,
  terms,
}: LossDefinition<A>) {
  return defineOperation({
    name,
    validate(inputs: LossInputs, attributes: A) {
      requireAttributes(attributes, example, bounds as never);
      requireLossInputs(inputs);
    },
    compose({ outputs, targets, weights }, attributes): [Scalar, Tensor2D] {
      const { loss, slope } = terms(outputs, targets, attributes);
      const share = 1 / outputs.size;
      if (weights === undefined) return [mul(sum(loss), share), mul(slope, share)];
      const factors = mul(reshape(weights, [weights.size, 1]), share);
      return [sum(mul(loss, factors)), mul(slope, factors)];
    },
    savedOutputs: [false, true],
    gradient: ([dy], [slope]) => ({
      outputs: () => lossGradient({ dy: dy as Scalar, slope: slope as Tensor2D }),
    }),
  });
}

/** The gradient of a loss by its outputs: `dy` times the saved slope. */
export const lossGradient = defineOperation({
  name: 'HarmonicMLP.LossGradient',
  compose: ({ dy, slope }: { dy: Scalar; slope: Tensor2D }): Tensor2D => mul(slope, dy),
});
