import { add, cos, mul, relu, sin, step, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import { sumOverBatch } from './dense';
import { angularFrequency } from './harmonic';
import { requireAttributes } from './require-attributes';

/**
 * A rectifier with a wave on top of it, `y = max(0, z) + a·sin(2π·z/p)`, with a period `p` for each unit.
 *
 * @param inputs `z` [batch, units], `periods` [units], greater than 0.
 * @param attributes `amplitude`: a.
 * @returns `y` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` if there is not one period per unit; `INVALID_ARGUMENT` for an amplitude that is not
 *   finite and for an unknown attribute.
 */
export const sineRelu = defineOperation({
  name: 'HarmonicMLP.SineRelu',
  validate({ z, periods }: { z: Tensor2D; periods: Tensor1D }, attributes: { amplitude: number }) {
    requireAttributes(attributes, 'sineRelu({ z, periods }, { amplitude: 0.5 })', { amplitude: {} });
    const [, units] = requireShape('z', z, ['batch', 'units']).shape;
    requireShape('periods', periods, [units], { z });
  },
  compose: ({ z, periods }, { amplitude }): Tensor2D =>
    add(relu(z), mul(sin(mul(z, angularFrequency(periods))), amplitude)),
  savedInputs: ['z', 'periods'],
  gradient(dy, saved, attributes) {
    const [z, periods] = saved as [Tensor2D, Tensor1D];
    return {
      z: () => sineReluGradient({ dy: dy as Tensor2D, z, periods }, attributes),
      periods: () => sineReluPeriodGradient({ dy: dy as Tensor2D, z, periods }, attributes),
    };
  },
});

/** The gradient of {@link sineRelu} with respect to `z`: `dy·(1 where z > 0, plus a·ω·cos(ωz))` with `ω = 2π/p`. */
export const sineReluGradient = defineOperation({
  name: 'HarmonicMLP.SineReluGradient',
  compose(
    { dy, z, periods }: { dy: Tensor2D; z: Tensor2D; periods: Tensor1D },
    { amplitude }: { amplitude: number },
  ): Tensor2D {
    const omega = angularFrequency(periods);
    return mul(dy, add(step(z), mul(mul(cos(mul(z, omega)), omega), amplitude)));
  },
});

/** The gradient of {@link sineRelu} with respect to `periods`: `−a·Σ dy·cos(ωz)·ωz/p` over the batch with `ω = 2π/p`, [units]. */
export const sineReluPeriodGradient = defineOperation({
  name: 'HarmonicMLP.SineReluPeriodGradient',
  compose(
    { dy, z, periods }: { dy: Tensor2D; z: Tensor2D; periods: Tensor1D },
    { amplitude }: { amplitude: number },
  ): Tensor1D {
    const omega = angularFrequency(periods);
    const phase = mul(z, omega);
    const slope = mul(mul(cos(phase), phase), omega);
    return mul(sumOverBatch(mul(dy, slope)), -amplitude / (2 * Math.PI));
  },
});
