import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  BatchMatMul,
  type BatchMatMulAttrs,
  Elu,
  getKernel,
  LeakyRelu,
  Prelu,
  Relu,
  Relu6,
  Sigmoid,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { WasmKernel } from '../kernel';
import { batchedProduct } from './batched-product';

type Matrices = Record<'a' | 'b', TensorInfo>;

/** `tf.matMul`. */
export const batchMatMul: WasmKernel = {
  name: BatchMatMul,
  run: ({ a, b }: Matrices, { transposeA, transposeB }: BatchMatMulAttrs, heap) =>
    batchedProduct(heap, { a, transposeA, b, transposeB }),
};

/** The kernels of the activations that tfjs's wasm backend fuses, by tfjs's names. */
const activationKernels: Partial<Record<string, string>> = {
  relu: Relu,
  relu6: Relu6,
  prelu: Prelu,
  leakyrelu: LeakyRelu,
  sigmoid: Sigmoid,
  elu: Elu,
};

/**
 * `tf.fused.matMul`. The activation is left to the backend's own kernel, a pass over the product that is short beside
 * it, so that its values are those of the activation alone. tfjs's kernel adds the bias wrongly where a side is
 * transposed.
 */
export const fusedMatMul: WasmKernel = {
  name: _FusedMatMul,
  run(
    {
      a,
      b,
      bias,
      preluActivationWeights,
    }: Matrices & { bias?: TensorInfo; preluActivationWeights?: TensorInfo },
    { transposeA, transposeB, activation, leakyreluAlpha }: _FusedMatMulAttrs,
    heap,
  ) {
    const linear = activation === 'linear';
    const activate = linear ? undefined : getKernel(activationKernels[activation] ?? '', 'wasm');
    if (!linear && activate === undefined) return undefined;
    const product = batchedProduct(heap, { a, transposeA, b, transposeB, bias });
    if (product === undefined || activate === undefined) return product;
    const activated = activate.kernelFunc({
      inputs: { x: product, ...(activation === 'prelu' && { alpha: preluActivationWeights }) },
      attrs: { alpha: leakyreluAlpha ?? 0 },
      backend: heap.backend,
    }) as TensorInfo;
    heap.backend.disposeData(product.dataId);
    return activated;
  },
};
