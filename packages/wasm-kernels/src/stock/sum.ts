import { backend_util, Sum, type SumAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { WasmKernel } from '../kernel';

/** `tf.sum` over adjacent axes before the last, as in the gradient of a bias; tfjs's kernel transposes first. */
export const sum: WasmKernel = {
  name: Sum,
  run({ x }: { x: TensorInfo }, { axis, keepDims }: SumAttrs, heap) {
    const { dtype, shape } = x;
    const axes = util.parseAxisParam(axis, shape).sort((a, b) => a - b);
    const [first] = axes;
    const end = first + axes.length;
    if (dtype !== 'float32' || axes.length === 0 || end === shape.length) return undefined;
    if (axes.some((axis, i) => axis !== first + i)) return undefined;
    const inner = util.sizeFromShape(shape.slice(end));
    if (inner < 4 && !shape.includes(0)) return undefined; // Too short for a vector.
    const [summedShape] = backend_util.computeOutAndReduceShapes(shape, axes);
    const result = heap.allocate(
      keepDims ? backend_util.expandShapeToKeepDim(summedShape, axes) : summedShape,
    );
    heap.kernels.sumOverAxis(
      util.sizeFromShape(shape.slice(0, first)),
      util.sizeFromShape(shape.slice(first, end)),
      inner,
      heap.address(x),
      heap.address(result),
    );
    return result;
  },
};
