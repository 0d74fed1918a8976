import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  BatchMatMul,
  type BatchMatMulAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { isChangedInPlace } from '../changed-in-place';
import type { WasmKernel } from '../kernel';
import { batchedProduct } from './batched-product';
import { completion } from './completion';

type Matrices = Record<'a' | 'b', TensorInfo>;
type Product = Matrices & Record<'transposeA' | 'transposeB', boolean>;

/** `tf.matMul`; some products are left to tfjs's kernel, where that is faster. */
export const batchMatMul: WasmKernel = {
  name: BatchMatMul,
  run({ a, b }: Matrices, { transposeA, transposeB }: BatchMatMulAttrs, heap) {
    const product = { a, transposeA, b, transposeB };
    const isLeft = isThin(product) ? !isChangedInPlace(b.dataId) : isOfTinyMatrices(product);
    return isLeft ? undefined : batchedProduct(heap, product);
  },
};

/**
 * For two single matrices, neither transposed, tfjs's kernel packs less, and caches what it packs by the id of the right one's data,
 * whose values must not change.
 */
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
    const isOneValue = bias?.dtype === 'float32' && bias.shape.length === 1 && bias.shape[0] === 1;
    const finish = completion({
      bias: isOneValue ? bias : undefined,
      activation,
      preluActivationWeights,
      leakyreluAlpha,
    });
    if (finish === undefined) return undefined;
    const result = batchedProduct(heap, {
      a,
      transposeA,
      b,
      transposeB,
      bias: isOneValue ? undefined : bias,
    });
    return result && finish(heap, result);
  },
};
