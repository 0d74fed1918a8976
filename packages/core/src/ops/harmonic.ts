import { add, cos, div, mul, neg, sin, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import { sumOverBatch } from './dense';
import { requireAttributes } from './require-attributes';

/** ω = 2π/p. */
export const angularFrequency = (periods: Tensor1D): Tensor1D => div(2 * Math.PI, periods);

/**
 * The harmonic activation, `y = sin(2π·z/p) + r·z`, with a period `p` for each unit and a residual connection of strength
 * `r`.
 *
 * It takes the pre-activations as input rather than computing `x·W + b` in the same operation, because the backward pass
 * needs `z`, and a second output would cost a tensor of zeros in every backward pass.
 *
 * @param inputs `z` [batch, units], `periods` [units], greater than 0.
 * @param attributes `residual`: r.
 * @returns `y` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` if there is not one period per unit; `INVALID_ARGUMENT` for a residual that is not
 *   finite and for an unknown attribute.
 */
export const harmonic = defineOperation({
  name: 'HarmonicMLP.Harmonic',
  validate({ z, periods }: { z: Tensor2D; periods: Tensor1D }, attributes: { residual: number }) {
    requireAttributes(attributes, 'harmonic({ z, periods }, { residual: 0.1 })', { residual: {} });
    const [, units] = requireShape('z', z, ['batch', 'units']).shape;
    requireShape('periods', periods, [units], { z });
  },
  compose({ z, periods }, { residual }): Tensor2D {
    return add(sin(mul(z, angularFrequency(periods))), mul(z, residual));
  },
  savedInputs: ['z', 'periods'],
  gradient(dy, saved, attributes) {
    const [z, periods] = saved as [Tensor2D, Tensor1D];
    return {
      z: () => harmonicGradient({ dy: dy as Tensor2D, z, periods }, attributes),
      // For learnable periods.
      periods: () => harmonicPeriodGradient({ dy: dy as Tensor2D, z, periods }),
    };
  },
});

/** The gradient of {@link harmonic} with respect to `z`: `dy·(ω·cos(ωz) + r)` with `ω = 2π/p`, [batch, units]. */
export const harmonicGradient = defineOperation({
  name: 'HarmonicMLP.HarmonicGradient',
  compose(
    { dy, z, periods }: { dy: Tensor2D; z: Tensor2D; periods: Tensor1D },
    { residual }: { residual: number },
  ): Tensor2D {
    const omega = angularFrequency(periods);
    return mul(dy, add(mul(cos(mul(z, omega)), omega), residual));
  },
});

/** The gradient of {@link harmonic} with respect to `periods`: `−Σ dy·cos(ωz)·ωz/p` over the batch with `ω = 2π/p`, [units]. */
export const harmonicPeriodGradient = defineOperation({
  name: 'HarmonicMLP.HarmonicPeriodGradient',
  compose({ dy, z, periods }: { dy: Tensor2D; z: Tensor2D; periods: Tensor1D }): Tensor1D {
    const phase = mul(z, angularFrequency(periods));
    return neg(div<Tensor1D>(sumOverBatch(mul(dy, mul(cos(phase), phase))), periods));
  },
});
