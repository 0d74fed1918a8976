import {
  add,
  matMul,
  ones,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  transpose,
} from '@tensorflow/tfjs-core';
import { HarmonicError } from '../errors';
import { defineOperation } from '../operation';

/**
 * The affine map of a dense layer, `z = x·W + b`.
 *
 * @param inputs `x` [batch, inputs], `kernel` [inputs, units], `bias` [units] (optional).
 * @returns `z` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` when the widths do not fit.
 */
export const dense = defineOperation({
  name: 'HarmonicMLP.Dense',
  validate({ x, kernel, bias }: { x: Tensor2D; kernel: Tensor2D; bias?: Tensor1D }) {
    if (x.shape.length !== 2 || x.shape[1] !== kernel.shape[0]) {
      throw new HarmonicError(
        'INVALID_SHAPE',
        `The input has shape [${x.shape}], but the kernel [${kernel.shape}] takes [batch, ${kernel.shape[0]}].`,
      );
    }
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== kernel.shape[1])) {
      throw new HarmonicError(
        'INVALID_SHAPE',
        `The bias has shape [${bias.shape}], but the kernel [${kernel.shape}] needs [${kernel.shape[1]}].`,
      );
    }
  },
  compose({ x, kernel, bias }): Tensor2D {
    const product = matMul<Tensor2D>(x, kernel);
    return bias === undefined ? product : add(product, bias);
  },
  savedInputs: ['x', 'kernel'],
  gradient: (dy, [x, kernel]) => ({
    x: () => denseInputGradient({ dy: dy as Tensor2D, kernel: kernel as Tensor2D }),
    kernel: () => denseKernelGradient({ x: x as Tensor2D, dy: dy as Tensor2D }),
    bias: () => denseBiasGradient({ dy: dy as Tensor2D }),
  }),
});

// The transposed products below transpose first: a matMul with a transposed side runs a scalar loop on the
// wasm backend, 10 to 20 times slower than a transposition and the vectorised product together.

/** The gradient of {@link dense} by its input: `dy·Wᵀ`, [batch, inputs]. */
export const denseInputGradient = defineOperation({
  name: 'HarmonicMLP.DenseInputGradient',
  compose: ({ dy, kernel }: { dy: Tensor2D; kernel: Tensor2D }): Tensor2D => matMul(dy, transpose(kernel)),
});

/** The gradient of {@link dense} by its kernel: `xᵀ·dy`, [inputs, units]. */
export const denseKernelGradient = defineOperation({
  name: 'HarmonicMLP.DenseKernelGradient',
  compose: ({ x, dy }: { x: Tensor2D; dy: Tensor2D }): Tensor2D => matMul(transpose(x), dy),
});

/** The gradient of {@link dense} by its bias: the sum of `dy` over the batch, [units]. */
export const denseBiasGradient = defineOperation({
  name: 'HarmonicMLP.DenseBiasGradient',
  compose: ({ dy }: { dy: Tensor2D }): Tensor1D => sumOverBatch(dy),
});

/** The sum over axis 0, as a product with a row of ones: `sum` over axis 0 transposes first on wasm. */
export function sumOverBatch(values: Tensor): Tensor1D {
  const [batch, units] = values.shape;
  return reshape(matMul<Tensor2D>(ones([1, batch]), values as Tensor2D), [units]);
}
