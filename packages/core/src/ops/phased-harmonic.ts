import { add, cos, mul, neg, sin, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import { sumOverBatch } from './dense';
import { angularFrequency } from './harmonic';
import { requireAttributes } from './require-attributes';

/** The tensors of the harmonic activation with a phase. */
export type PhasedInputs = {
  /** [batch, units]. */
  z: Tensor2D;
  /** p, [units], greater than 0. */
  periods: Tensor1D;
  /** φ, in radians, [units]. */
  phases: Tensor1D;
};

const argumentOf = ({ z, periods, phases }: PhasedInputs): Tensor2D =>
  add(mul(z, angularFrequency(periods)), phases);

/**
 * The harmonic activation with a phase, `y = sin(2π·z/p + φ) + r·z`, with a period `p` and a phase φ for each unit. A phase of
 * π/2 makes it a cosine.
 *
 * @param inputs `z` [batch, units]; `periods` [units], greater than 0; `phases` [units], in radians.
 * @param attributes `residual`: r.
 * @returns `y` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` if there is not one period and one phase per unit; `INVALID_ARGUMENT` for a residual
 *   that is not finite and for an unknown attribute.
 */
export const phasedHarmonic = defineOperation({
  name: 'HarmonicMLP.PhasedHarmonic',
  validate({ z, periods, phases }: PhasedInputs, attributes: { residual: number }) {
    const example = 'phasedHarmonic({ z, periods, phases }, { residual: 0 })';
    requireAttributes(attributes, example, { residual: {} });
    const [, units] = requireShape('z', z, ['batch', 'units']).shape;
    requireShape('periods', periods, [units], { z });
    requireShape('phases', phases, [units], { z });
  },
  compose: (inputs, { residual }): Tensor2D => add(sin(argumentOf(inputs)), mul(inputs.z, residual)),
  savedInputs: ['z', 'periods', 'phases'],
  gradient(dy, saved, attributes) {
    const [z, periods, phases] = saved as [Tensor2D, Tensor1D, Tensor1D];
    const inputs = { z, periods, phases };
    return {
      z: () => phasedHarmonicGradient({ dy: dy as Tensor2D, ...inputs }, attributes),
      periods: () => phasedHarmonicPeriodGradient({ dy: dy as Tensor2D, ...inputs }),
      phases: () => phasedHarmonicPhaseGradient({ dy: dy as Tensor2D, ...inputs }),
    };
  },
});

/** The gradient of {@link phasedHarmonic} with respect to `z`: `dy·(ω·cos(ωz + φ) + r)` with `ω = 2π/p`, [batch, units]. */
export const phasedHarmonicGradient = defineOperation({
  name: 'HarmonicMLP.PhasedHarmonicGradient',
  compose: (
    { dy, ...inputs }: PhasedInputs & { dy: Tensor2D },
    { residual }: { residual: number },
  ): Tensor2D => mul(dy, add(mul(cos(argumentOf(inputs)), angularFrequency(inputs.periods)), residual)),
});

/** The gradient of {@link phasedHarmonic} with respect to `periods`: `−Σ dy·cos(ωz + φ)·ωz/p` over the batch, [units]. */
export const phasedHarmonicPeriodGradient = defineOperation({
  name: 'HarmonicMLP.PhasedHarmonicPeriodGradient',
  compose({ dy, ...inputs }: PhasedInputs & { dy: Tensor2D }): Tensor1D {
    const omega = angularFrequency(inputs.periods);
    const squared = mul(omega, mul(omega, 1 / (2 * Math.PI)));
    const sums = sumOverBatch(mul(mul(dy, cos(argumentOf(inputs))), inputs.z));
    return neg(mul<Tensor1D>(sums, squared));
  },
});

/** The gradient of {@link phasedHarmonic} with respect to `phases`: `Σ dy·cos(ωz + φ)` over the batch, [units]. */
export const phasedHarmonicPhaseGradient = defineOperation({
  name: 'HarmonicMLP.PhasedHarmonicPhaseGradient',
  compose: ({ dy, ...inputs }: PhasedInputs & { dy: Tensor2D }): Tensor1D =>
    sumOverBatch(mul(dy, cos(argumentOf(inputs)))),
});
