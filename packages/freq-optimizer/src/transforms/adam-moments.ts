import { type AdamStepAttributes, adamStep, requireNumber } from '@harmonic-mlp/core';
import { type Tensor, type Tensor1D, type Variable, zerosLike } from '@tensorflow/tfjs-core';
import type { Applied } from './fusible';
import type { ParameterUpdate } from './transform';

/** Settings of Adam's moments. */
export interface AdamMomentsOptions {
  /** β₁, the decay of the first moment, in [0, 1). Default 0.9. */
  beta1?: number;
  /** β₂, the decay of the second moment, in [0, 1). Default 0.999. */
  beta2?: number;
  /**
   * ε, added to the root of the second moment. Default 1e-8, as in PyTorch; 1e-4 on backends with 16-bit floats, where 1e-8
   * is 0 and values less than 2⁻¹⁴ are rejected.
   */
  epsilon?: number;
}

/** Adam's state of one parameter. */
export type AdamState = {
  readonly first_moment: Tensor;
  readonly second_moment: Tensor;
  readonly step: number;
};

/** Checks the options and completes them, except for ε, whose default depends on the backend of a step. */
export function requireMomentsOptions({ beta1 = 0.9, beta2 = 0.999, epsilon }: AdamMomentsOptions) {
  requireNumber('beta1', beta1, { min: 0, below: 1 });
  requireNumber('beta2', beta2, { min: 0, below: 1 });
  if (epsilon !== undefined) requireNumber('epsilon', epsilon, { min: 0 });
  return { beta1, beta2, epsilon };
}

/** Adam's state of a parameter before its first step. */
export const initMoments = (parameter: Variable): AdamState => ({
  first_moment: zerosLike(parameter),
  second_moment: zerosLike(parameter),
  step: 0,
});

/** One step of Adam as a single operation, with `s·g` if there is a scale. */
export function fusedStep(
  { parameter, update: gradient, state }: ParameterUpdate,
  attributes: Omit<AdamStepAttributes, 'step'>,
  gradientScale: Tensor1D | undefined,
): Applied {
  const { first_moment: firstMoment, second_moment: secondMoment, step } = state as AdamState;
  const [value, first_moment, second_moment] = adamStep(
    { parameter, gradient, firstMoment, secondMoment, gradientScale },
    { ...attributes, step: step + 1 },
  );
  return { value, state: { ...state, first_moment, second_moment, step: step + 1 } };
}
