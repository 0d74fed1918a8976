import { mul, type Optimizer } from '@tensorflow/tfjs-core';
import { Adam } from './adam';
import { asList, type NamedGradients, pairWithVariables } from './named-gradients';
import type { ScaleOf } from './period-factors';

/**
 * Lets an optimizer step by scaled gradients. Adam scales them as it steps; for another, and for a kind of Adam that has
 * an `applyGradients` of its own, they are made first.
 */
export function applyScaledGradients(
  optimizer: Optimizer,
  gradients: NamedGradients,
  scaleOf: ScaleOf,
): void {
  if (optimizer.applyGradients === Adam.prototype.applyGradients) {
    (optimizer as Adam).applyScaledGradients(gradients, scaleOf);
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
