import { requireOptions } from '@harmonic-mlp/core';
import { add, div, mul, sqrt, square } from '@tensorflow/tfjs-core';
import {
  type AdamMomentsOptions,
  type AdamState,
  fusedStep,
  initMoments,
  requireMomentsOptions,
} from '../adam-moments';
import { defaultEpsilon, requireEpsilon } from '../float-precision';
import { keepFraction, type ScaleOf } from '../period-factors';
import { type Plan, runAll, type Transform } from './transform';

/** What scaleByAdam knows of its neighbors. */
interface Neighbor extends Transform {
  readonly weightDecay?: number;
  readonly rate?: number;
  readonly factorsOf?: ScaleOf;
}

/**
 * Divides the updates' mean by the root of their mean square (Adam; Kingma and Ba, 2015), as PyTorch computes it:
 *
 * ```
 * m ← β₁·m + (1 − β₁)·u        v ← β₂·v + (1 − β₂)·u²
 * u ← m/(1 − β₁ᵗ) / (√v/√(1 − β₂ᵗ) + ε)
 * ```
 *
 * Between weight decay, scaling by periods and rates, an optimizer carries it out in one operation for each parameter.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds, or of an unknown name; at a step, for an ε that the
 *   backend's 16-bit floats lose.
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
    fuse(before, after): Plan | undefined {
      const [ahead, behind]: Neighbor[][] = [[...before], [...after]];
      const coupled = ahead.at(-1)?.weightDecay === undefined ? undefined : ahead.pop();
      const gradients = ahead.at(-1)?.factorsOf === undefined ? undefined : ahead.pop();
      const decoupled = behind[0]?.weightDecay === undefined ? undefined : behind.shift();
      const scalings = behind.filter(({ factorsOf }) => factorsOf !== undefined);
      const rates = behind.flatMap(({ rate }) => rate ?? []);
      const isKnown = scalings.length < 2 && scalings.length + rates.length === behind.length;
      if (!isKnown || (coupled !== undefined && decoupled !== undefined)) return undefined;

      const gradientFactors = gradients?.factorsOf ?? (() => undefined);
      const updateFactors = scalings[0]?.factorsOf ?? (() => undefined);
      const rate = rates.reduce((product, each) => product * each, 1);
      const weightDecay = (coupled ?? decoupled)?.weightDecay ?? 0;
      const weightDecayMode = decoupled === undefined ? 'l2' : 'decoupled';
      return {
        prepare(updates) {
          // Whatever is refused is refused before anything moves.
          currentEpsilon();
          for (const { parameter } of updates) {
            gradientFactors(parameter);
            updateFactors(parameter);
          }
          return runAll(ahead, updates);
        },
        apply(each, learningRate) {
          const { parameter } = each;
          const settings = { beta1, beta2, epsilon: currentEpsilon(), weightDecay, weightDecayMode } as const;
          const attributes = { ...settings, learningRate: learningRate * rate };
          const { value, state } = fusedStep(each, attributes, gradientFactors(parameter));
          const factors = updateFactors(parameter);
          return { value: factors === undefined ? value : keepFraction(parameter, value, factors), state };
        },
      };
    },
  };
}
