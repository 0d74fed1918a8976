import { FusedBatchNorm, type FusedBatchNormAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../heap';
import type { WasmKernel } from '../kernel';

/** `tf.batchNorm` over the last axis; tfjs's kernel divides by a square root for each value. */
export const fusedBatchNorm: WasmKernel = {
  name: FusedBatchNorm,
  run(
    {
      x,
      mean,
      variance,
      offset,
      scale,
    }: Record<'x' | 'mean' | 'variance', TensorInfo> & { offset?: TensorInfo; scale?: TensorInfo },
    { varianceEpsilon }: FusedBatchNormAttrs,
    heap,
  ) {
    const columns = x.shape[x.shape.length - 1];
    const given = [mean, variance, offset, scale].filter((each) => each !== undefined && each !== null);
    const isVector = ({ dtype, shape }: TensorInfo) =>
      dtype === 'float32' && shape.length === 1 && shape[0] === columns;
    if (x.dtype !== 'float32' || !given.every(isVector) || sizeOf(x) === 0) return undefined;
    const y = heap.allocate(x.shape);
    const [gamma, beta] = [scale ?? undefined, offset ?? undefined].map((each) => heap.address(each));
    heap.kernels.normalizeColumns(
      sizeOf(x) / columns,
      columns,
      heap.address(x),
      gamma,
      beta,
      heap.address(mean),
      heap.address(variance),
      varianceEpsilon,
      heap.address(y),
    );
    return y;
  },
};
