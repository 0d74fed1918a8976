import { requireOptions } from '@harmonic-mlp/core';
import { add, div, mul, sqrt, square } from '@tensorflow/tfjs-core';
import {
  type AdamMomentsOptions,
  type AdamState,
  fusedStep,
  initMoments,
  requireMomentsOptions,
} from './adam-moments';
import { defaultEpsilon, requireEpsilon } from './float-precision';
import type { Fusible } from './fusible';
import { keepFraction } from './period-factors';
import { runAll, type Transform } from './transform';

/**
 * Divides the running mean of the updates by the root of their running mean square (Adam; Kingma and Ba, 2015), computed as
 * in PyTorch:
 *
 * ```
 * m ← β₁·m + (1 − β₁)·u        v ← β₂·v + (1 − β₂)·u²
 * u ← m/(1 − β₁ᵗ) / (√v/√(1 − β₂ᵗ) + ε)
 * ```
 *
 * In a chain that ends with it, or with it followed by weight decay, scaling by period, and rates, each parameter's step is a
 * single operation.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds or with an unknown name; at a step, for an ε too
 *   small for the backend's 16-bit floats.
 */
export function scaleByAdam(options?: AdamMomentsOptions): Transform {
  const { beta1, beta2, epsilon } = requireMomentsOptions(
    requireOptions('options', options, 'scaleByAdam({ beta1: 0.9 })', {
      beta1: true,
      beta2: true,
      epsilon: true,
    }),
  );
  const currentEpsilon = () => requireEpsilon(epsilon ?? defaultEpsilon());
  return {
    name: 'scaleByAdam',
    settings: { beta1, beta2, epsilon },
    init: initMoments,
    update: (updates) =>
      updates.map(({ parameter, update, state }) => {
        const { first_moment: first, second_moment: second, step } = state as AdamState;
        const t = step + 1;
        const m = add(mul(first, beta1), mul(update, 1 - beta1));
        const v = add(mul(second, beta2), mul(square(update), 1 - beta2));
        const denominator = add(mul(sqrt(v), 1 / Math.sqrt(1 - beta2 ** t)), currentEpsilon());
        return {
          parameter,
          update: mul(div(m, denominator), 1 / (1 - beta1 ** t)),
          state: { ...state, first_moment: m, second_moment: v, step: t },
        };
      }),
    fuse(before, after) {
      const [ahead, behind] = [[...before], [...after]];
      const coupled = ahead.at(-1)?.weightDecay === undefined ? undefined : ahead.pop();
      const gradientScale = ahead.at(-1)?.scaleOf === undefined ? undefined : ahead.pop();
      const decoupled = behind[0]?.weightDecay === undefined ? undefined : behind.shift();
      const updateScales = behind.flatMap(({ scaleOf }) => scaleOf ?? []);
      const rates = behind.flatMap(({ rate }) => rate ?? []);
      const isKnown = updateScales.length < 2 && updateScales.length + rates.length === behind.length;
      if (!isKnown || (coupled !== undefined && decoupled !== undefined)) return undefined;

      const [scaleOfUpdate = () => undefined] = updateScales;
      const scaleOfGradient = gradientScale?.scaleOf ?? (() => undefined);
      const rate = rates.reduce((product, each) => product * each, 1);
      const weightDecay = (coupled ?? decoupled)?.weightDecay ?? 0;
      const weightDecayMode = decoupled === undefined ? 'l2' : 'decoupled';
      return {
        prepare(updates) {
          // Errors must come before any parameter changes.
          currentEpsilon();
          for (const { parameter } of updates) {
            scaleOfGradient(parameter);
            scaleOfUpdate(parameter);
          }
          return runAll(ahead, updates);
        },
        apply(each, learningRate) {
          const { parameter } = each;
          const settings = { beta1, beta2, epsilon: currentEpsilon(), weightDecay, weightDecayMode } as const;
          const attributes = { ...settings, learningRate: learningRate * rate };
          const { value, state } = fusedStep(each, attributes, scaleOfGradient(parameter));
          const scale = scaleOfUpdate(parameter);
          return { value: scale === undefined ? value : keepFraction(parameter, value, scale), state };
        },
      };
    },
  } satisfies Fusible as Transform;
}
