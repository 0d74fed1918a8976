import { add, div, mul, sin, square, sub, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';
import { sumOverBatch } from './dense';

/**
 * Snake (Ziyin et al., 2020), `y = z + sin²(a·z)/a`, with a frequency `a` for each unit, which can be trained.
 *
 * @param inputs `z` [batch, units], `frequencies` a [units], not 0.
 * @returns `y` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` if there is not one frequency per unit.
 */
export const snake = defineOperation({
  name: 'HarmonicMLP.Snake',
  validate({ z, frequencies }: { z: Tensor2D; frequencies: Tensor1D }) {
    const [, units] = requireShape('z', z, ['batch', 'units']).shape;
    requireShape('frequencies', frequencies, [units], { z });
  },
  compose: ({ z, frequencies }): Tensor2D => add(z, div(square(sin(mul(z, frequencies))), frequencies)),
  savedInputs: ['z', 'frequencies'],
  gradient(dy, saved) {
    const [z, frequencies] = saved as [Tensor2D, Tensor1D];
    return {
      z: () => snakeGradient({ dy: dy as Tensor2D, z, frequencies }),
      frequencies: () => snakeFrequencyGradient({ dy: dy as Tensor2D, z, frequencies }),
    };
  },
});

/** The gradient of {@link snake} with respect to `z`: `dy·(1 + sin 2az)`, [batch, units]. */
export const snakeGradient = defineOperation({
  name: 'HarmonicMLP.SnakeGradient',
  compose: ({ dy, z, frequencies }: { dy: Tensor2D; z: Tensor2D; frequencies: Tensor1D }): Tensor2D =>
    mul(dy, add(sin(mul(mul(z, frequencies), 2)), 1)),
});

/** The gradient of {@link snake} with respect to `frequencies`: `Σ dy·(z·sin 2az − sin²(az)/a)/a` over the batch, [units]. */
export const snakeFrequencyGradient = defineOperation({
  name: 'HarmonicMLP.SnakeFrequencyGradient',
  compose({ dy, z, frequencies }: { dy: Tensor2D; z: Tensor2D; frequencies: Tensor1D }): Tensor1D {
    const phase = mul(z, frequencies);
    const slope = sub(mul(z, sin(mul(phase, 2))), div(square(sin(phase)), frequencies));
    return div(sumOverBatch(mul(dy, slope)), frequencies);
  },
});
