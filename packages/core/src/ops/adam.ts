import { add, div, mul, sqrt, square, sub, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { HarmonicError } from '../errors';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import { requireOneOf } from '../requirements';
import { requireAttributes } from './require-attributes';

/** Settings of one Adam step. `learningRate` and `step` change from step to step; see {@link adamStepFactors}. */
export interface AdamStepAttributes {
  /** lr. */
  learningRate: number;
  /** β₁, the decay of the first moment, in [0, 1). */
  beta1: number;
  /** β₂, the decay of the second moment, in [0, 1). */
  beta2: number;
  /** ε, added to the root of the second moment. */
  epsilon: number;
  /** λ; 0 is none. */
  weightDecay: number;
  /**
   * `l2`: coupled; `λw` is added to g, so it enters the moments. `decoupled`: the weight shrinks by `lr·λ`, outside the
   * moments.
   */
  weightDecayMode: 'l2' | 'decoupled';
  /** The number of this step, from 1. */
  step: number;
}

/** The factors of an Adam step that depend on its number and its learning rate; see {@link adamStepFactors}. */
export interface AdamStepFactors {
  /** lr/(1 − β₁ᵗ), the factor of the quotient of the moments. */
  stepSize: number;
  /** 1/√(1 − β₂ᵗ), the factor of the root of the second moment. */
  rootCorrection: number;
  /** The factor of the weight: 1 − lr·λ with decoupled decay, else 1. */
  shrinkage: number;
}

/**
 * The numbers, in float64, that differ between executions of {@link adamStep} with otherwise equal settings: everything that
 * an executor of a recorded step recomputes from `learningRate` and `step`.
 */
export function adamStepFactors({
  learningRate,
  beta1,
  beta2,
  weightDecay,
  weightDecayMode,
  step,
}: Omit<AdamStepAttributes, 'epsilon'>): AdamStepFactors {
  return {
    stepSize: learningRate / (1 - beta1 ** step),
    rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    shrinkage: weightDecayMode === 'decoupled' ? 1 - learningRate * weightDecay : 1,
  };
}

/** The tensors of one Adam step, all of one shape except the scale. */
export type AdamStepInputs = {
  /** w. */
  parameter: Tensor;
  /** g. */
  gradient: Tensor;
  /** m; zeros before the first step. */
  firstMoment: Tensor;
  /** v; zeros before the first step. */
  secondMoment: Tensor;
  /** s, [units], the length of the parameter's last axis: g is multiplied by it first. Default: ones. */
  gradientScale?: Tensor1D;
};

/**
 * One step of Adam (Kingma and Ba, 2015) for one parameter of any shape, with weight decay λ, either coupled (L2) or
 * decoupled (AdamW; Loshchilov and Hutter, 2019). In the order in which PyTorch computes it:
 *
 * ```
 * g ← s·g + λ·w  (l2; else s·g)               w ← w − lr·λ·w     (decoupled)
 * m ← β₁·m + (1 − β₁)·g            v ← β₂·v + (1 − β₂)·g²
 * w ← w − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
 * ```
 *
 * @returns `[w, m, v]`, new tensors.
 * @throws {HarmonicError} `INVALID_SHAPE` if the four shapes differ or there is not one scale per unit; `INVALID_ARGUMENT`
 *   for a setting that is out of bounds or unknown.
 */
export const adamStep = defineOperation({
  name: 'HarmonicMLP.AdamStep',
  validate(inputs: AdamStepInputs, attributes: AdamStepAttributes) {
    requireAttributes(attributes, 'adamStep(inputs, { learningRate: 0.001, … })', {
      learningRate: {},
      beta1: { min: 0, below: 1 },
      beta2: { min: 0, below: 1 },
      epsilon: { min: 0 },
      weightDecay: {},
      weightDecayMode: (name, value) => requireOneOf(name, value, ['l2', 'decoupled']),
      step: { integer: true, min: 1 },
    });
    const { parameter, gradientScale } = inputs;
    for (const name of ['gradient', 'firstMoment', 'secondMoment'] as const) {
      requireShape(name, inputs[name], parameter.shape, { parameter });
    }
    if (gradientScale === undefined) return;
    const units = parameter.shape.at(-1);
    if (units === undefined) {
      throw new HarmonicError('INVALID_SHAPE', {
        argument: 'gradientScale',
        value: gradientScale,
        allowed: 'omitted, since the parameter is a scalar',
      });
    }
    requireShape('gradientScale', gradientScale, [units], { parameter });
  },
  dynamicAttributes: ['learningRate', 'step'],
  compose(
    { parameter, gradient, firstMoment, secondMoment, gradientScale },
    attributes,
  ): [Tensor, Tensor, Tensor] {
    const { beta1, beta2, epsilon, weightDecay, weightDecayMode } = attributes;
    const { stepSize, rootCorrection, shrinkage } = adamStepFactors(attributes);
    const scaled = gradientScale === undefined ? gradient : mul(gradient, gradientScale);
    const g =
      weightDecay !== 0 && weightDecayMode === 'l2' ? add(scaled, mul(parameter, weightDecay)) : scaled;
    const w = shrinkage === 1 ? parameter : mul(parameter, shrinkage);
    const m = add(mul(firstMoment, beta1), mul(g, 1 - beta1));
    const v = add(mul(secondMoment, beta2), mul(square(g), 1 - beta2));
    const denominator = add(mul(sqrt(v), rootCorrection), epsilon);
    return [sub(w, mul(div(m, denominator), stepSize)), m, v];
  },
});
