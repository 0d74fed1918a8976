import { descend, HarmonicError } from '@harmonic-mlp/core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { transformsOf } from './chain';
import type { Fusible, Plan } from './fusible';
import { cloneState, runAll, type Transform } from './transform';

/** How an optimizer runs a transform: fused, if one of its parts can fuse with the others; else part by part. */
export function planOf(transform: Transform): Plan {
  const parts: readonly Fusible[] = transformsOf(transform);
  for (const [i, part] of parts.entries()) {
    const plan = part.fuse?.(parts.slice(0, i), parts.slice(i + 1));
    if (plan !== undefined) return plan;
  }
  return {
    prepare(updates) {
      for (const { parameter, update } of updates) requireShape(parameter, update);
      return runAll(parts, updates);
    },
    // A state may hold tensors that others dispose of, such as the gradient.
    apply: ({ parameter, update, state }, learningRate) => ({
      value: descend({ parameter, update }, { learningRate }),
      state: cloneState(state),
    }),
  };
}

// Broadcasting would accept some other shapes.
function requireShape({ name, shape }: Variable, gradient: Tensor): void {
  if (gradient.shape.join() === shape.join()) return;
  throw new HarmonicError('INVALID_SHAPE', {
    argument: `gradients[${JSON.stringify(name)}]`,
    value: gradient,
    allowed: `a tensor of its variable's shape, [${shape}]`,
  });
}
