import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  Add,
  BatchMatMul,
  type BatchMatMulAttrs,
  Elu,
  getKernel,
  LeakyRelu,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  Prelu,
  Relu,
  Relu6,
  Sigmoid,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import type { WasmKernel } from '../kernel';
import { batchedProduct } from './batched-product';

type Matrices = Record<'a' | 'b', TensorInfo>;
type Product = Matrices & Record<'transposeA' | 'transposeB', boolean>;

/** `tf.matMul`; some products are left to tfjs's kernel, where that is faster. */
export const batchMatMul: WasmKernel = {
  name: BatchMatMul,
  run({ a, b }: Matrices, { transposeA, transposeB }: BatchMatMulAttrs, heap) {
    const product = { a, transposeA, b, transposeB };
    return isThin(product) || isOfTinyMatrices(product) ? undefined : batchedProduct(heap, product);
  },
};

/** For two single matrices, neither transposed, tfjs's kernel packs less, and caches what it packs. */
function isThin({ a, transposeA, b, transposeB }: Product): boolean {
  const isOneMatrix = [a, b].every(({ shape }) => shape.slice(0, -2).every((length) => length === 1));
  const sizes = [...a.shape.slice(-2), ...b.shape.slice(-2)];
  const isEmpty = sizes.includes(0); // In this case, the result of tfjs's kernel is undefined.
  return isOneMatrix && !transposeA && !transposeB && !isEmpty && Math.min(...sizes) <= 8;
}

/** With many tiny matrices, calling the product for each takes longer than the product itself. */
function isOfTinyMatrices({ a, b }: Product): boolean {
  const batch = a.shape.slice(0, -2);
  if (batch.every((length) => length === 1) || !util.arraysEqual(batch, b.shape.slice(0, -2))) return false;
  return [a, b].every(({ shape }) => {
    const size = util.sizeFromShape(shape.slice(-2));
    return size > 0 && size <= 100;
  });
}

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
 * `tf.fused.matMul`. Activations are left to the backend's own kernels, so that the values are the same as without fusion;
 * they take little time compared to the product. tfjs's kernel adds a bias incorrectly if an operand is transposed, and reads
 * past the end of a bias of one value.
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
    const activate = activationKernels[activation];
    if (activate === undefined && activation !== 'linear') return undefined;
    const isOneValue = bias?.dtype === 'float32' && bias.shape.length === 1 && bias.shape[0] === 1;
    const following = [isOneValue ? Add : undefined, activate].filter((name) => name !== undefined);
    // Custom builds of tfjs may lack them.
    if (following.some((name) => getKernel(name, 'wasm') === undefined)) return undefined;
    let result = batchedProduct(heap, { a, transposeA, b, transposeB, bias: isOneValue ? undefined : bias });
    if (result === undefined) return undefined;
    if (isOneValue) result = replace(heap, result, Add, { a: result, b: bias });
    if (activate !== undefined) {
      const inputs = { x: result, ...(activation === 'prelu' && { alpha: preluActivationWeights }) };
      result = replace(heap, result, activate, inputs, { alpha: leakyreluAlpha ?? 0 });
    }
    return result;
  },
};

/** Applies one of the backend's own kernels to a tensor, and frees the tensor. */
function replace(
  { backend }: Heap,
  tensor: TensorInfo,
  kernel: string,
  inputs: NamedTensorInfoMap,
  attrs?: NamedAttrMap,
): TensorInfo {
  const result = getKernel(kernel, 'wasm').kernelFunc({ inputs, attrs, backend });
  backend.disposeData(tensor.dataId);
  return result as TensorInfo;
}
