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
import { defineOperation } from '../operation';
import { requireShape } from '../require-shape';

/**
 * The affine map of a dense layer, `z = x·W + b`.
 *
 * @param inputs `x` [batch, inputs], `kernel` [inputs, units], `bias` [units] (optional).
 * @returns `z` [batch, units].
 * @throws {HarmonicError} `INVALID_SHAPE` if the widths differ.
 */
export const dense = defineOperation({
  name: 'HarmonicMLP.Dense',
  validate({ x, kernel, bias }: { x: Tensor2D; kernel: Tensor2D; bias?: Tensor1D }) {
    const [inputs, units] = requireShape('kernel', kernel, ['inputs', 'units']).shape;
    requireShape('x', x, ['batch', inputs], { kernel });
    if (bias !== undefined) requireShape('bias', bias, [units], { kernel });
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

// The products below transpose first: on the wasm backend, a matMul with a transposed operand is a scalar loop, 10 to 20
// times slower than transposing followed by a vectorized product.

/** The gradient of {@link dense} with respect to its input: `dy·Wᵀ`, [batch, inputs]. */
export const denseInputGradient = defineOperation({
  name: 'HarmonicMLP.DenseInputGradient',
  compose: ({ dy, kernel }: { dy: Tensor2D; kernel: Tensor2D }): Tensor2D => matMul(dy, transpose(kernel)),
});

/** The gradient of {@link dense} with respect to its kernel: `xᵀ·dy`, [inputs, units]. */
export const denseKernelGradient = defineOperation({
  name: 'HarmonicMLP.DenseKernelGradient',
  compose: ({ x, dy }: { x: Tensor2D; dy: Tensor2D }): Tensor2D => matMul(transpose(x), dy),
});

/** The gradient of {@link dense} with respect to its bias: the sum of `dy` over the batch, [units]. */
export const denseBiasGradient = defineOperation({
  name: 'HarmonicMLP.DenseBiasGradient',
  compose: ({ dy }: { dy: Tensor2D }): Tensor1D => sumOverBatch(dy),
});

/** The sum over axis 0, as a product with a row of ones, because `sum` over axis 0 transposes first on wasm. */
export function sumOverBatch(values: Tensor): Tensor1D {
  const [batch, units] = values.shape;
  return reshape(matMul<Tensor2D>(ones([1, batch]), values as Tensor2D), [units]);
}
