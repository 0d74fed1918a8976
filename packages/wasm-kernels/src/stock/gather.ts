import { backend_util, GatherV2, type GatherV2Attrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { WasmKernel } from '../kernel';

/** `tf.gather`, which also assembles the batches of `model.fit`: it copies whole slices rather than values. */
export const gather: WasmKernel = {
  name: GatherV2,
  run({ x, indices }: Record<'x' | 'indices', TensorInfo>, { axis, batchDims }: GatherV2Attrs, heap) {
    if (x.dtype === 'string' || x.dtype === 'complex64' || indices.dtype !== 'int32') return undefined;
    const [along] = util.parseAxisParam(axis, x.shape);
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
      backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, along, batchDims);
    const count = util.sizeFromShape(indices.shape);
    const from = heap.address(indices);
    if (!heap.kernels.indicesWithin(count, from, dimSize)) return undefined;
    const result = heap.allocate(outputShape, x.dtype);
    heap.kernels.gather(
      batchSize,
      outerSize,
      dimSize,
      sliceSize * util.bytesPerElement(x.dtype),
      count / batchSize,
      heap.address(x),
      from,
      heap.address(result),
    );
    return result;
  },
};
