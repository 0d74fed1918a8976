import { mul, type Optimizer } from '@tensorflow/tfjs-core';
import { Adam } from './adam';
import { asList, type NamedGradients, pairWithVariables } from './named-gradients';
import type { ScaleOf } from './transforms';

/**
 * Takes a step with scaled gradients. Adam scales them as it steps; for other optimizers, and for subclasses of Adam that
 * override `applyGradients`, they are scaled beforehand.
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
