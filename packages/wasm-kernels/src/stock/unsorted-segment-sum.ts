import {
  Cast,
  type TensorInfo,
  UnsortedSegmentSum,
  type UnsortedSegmentSumAttrs,
  util,
} from '@tensorflow/tfjs-core';
import type { WasmKernel } from '../kernel';
import { freeing, hasKernels, runKernel } from './own-kernel';

/**
 * `tf.unsortedSegmentSum`, the gradient of `tf.gather` and so of embeddings, which tfjs's wasm backend lacks. The sums are float32
 * whatever the type of the values, as on the cpu backend. A NaN stays in its segment.
 */
export const unsortedSegmentSum: WasmKernel = {
  name: UnsortedSegmentSum,
  isMissing: true,
  run(
    { x, segmentIds }: Record<'x' | 'segmentIds', TensorInfo>,
    { numSegments }: UnsortedSegmentSumAttrs,
    heap,
  ) {
    const { dtype, shape } = x;
    const [rows] = shape;
    if (segmentIds.dtype !== 'int32' || segmentIds.shape.length !== 1 || segmentIds.shape[0] !== rows) {
      return undefined;
    }
    const isFloat = dtype === 'float32';
    if (!isFloat && ((dtype !== 'int32' && dtype !== 'bool') || !hasKernels(Cast))) return undefined;
    const values = isFloat ? x : runKernel(heap, Cast, { x }, { dtype: 'float32' });
    return freeing(heap, isFloat ? [] : [values], () => {
      const sums = heap.allocate([numSegments, ...shape.slice(1)]);
      heap.kernels.segmentSum(
        rows,
        util.sizeFromShape(shape.slice(1)),
        numSegments,
        heap.address(values),
        heap.address(segmentIds),
        heap.address(sums),
      );
      return sums;
    });
  },
};
