import { mul, type Optimizer, type Tensor1D, type Variable } from '@tensorflow/tfjs-core';
import { asList, type NamedGradients, pairWithVariables } from './named-gradients';

/** What a variable's gradient is to be multiplied by, [units], its last axis; undefined for nothing. */
export type ScaleOf = (variable: Variable) => Tensor1D | undefined;

/** An optimizer that scales gradients as it steps. */
export interface ScalingOptimizer extends Optimizer {
  /** As `applyGradients` of the scaled gradients; the gradients stay the caller's. */
  applyScaledGradients(gradients: NamedGradients, scaleOf: ScaleOf): void;
}

/** Lets an optimizer step by scaled gradients, which are made first where it does not scale them itself. */
export function applyScaledGradients(
  optimizer: Optimizer,
  gradients: NamedGradients,
  scaleOf: ScaleOf,
): void {
  const scaling = optimizer as Partial<ScalingOptimizer> & Optimizer;
  if (scaling.applyScaledGradients !== undefined) {
    scaling.applyScaledGradients(gradients, scaleOf);
    return;
  }
  const scales = new Map(
    pairWithVariables(gradients).map(({ variable }) => [variable.name, scaleOf(variable)]),
  );
  const scaled = asList(gradients).map(({ name, tensor }) => {
    const scale = scales.get(name);
    return { name, tensor: scale === undefined ? tensor : mul(tensor, scale) };
  });
  optimizer.applyGradients(scaled);
}
