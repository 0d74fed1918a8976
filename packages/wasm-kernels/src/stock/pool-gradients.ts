import {
  AvgPoolGrad,
  type AvgPoolGradAttrs,
  backend_util,
  MaxPoolGrad,
  type MaxPoolGradAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import type { WasmKernel } from '../kernel';
import { computeOver, type Window, withGradient } from './window';

/** The gradient of `tf.maxPool`: that of a maximum goes to the first value that equals it. */
export const maxPoolGrad: WasmKernel = {
  name: MaxPoolGrad,
  run({ dy, input }: Inputs, attrs: MaxPoolGradAttrs, heap) {
    return gradient(heap, input, dy, attrs, true);
  },
};

/** The gradient of `tf.avgPool`: a window's is divided by its whole size, at the edges of an image too, as in all of tfjs. */
export const avgPoolGrad: WasmKernel = {
  name: AvgPoolGrad,
  run({ dy, input }: Inputs, attrs: AvgPoolGradAttrs, heap) {
    return gradient(heap, input, dy, attrs, false);
  },
};

type Inputs = Record<'dy' | 'input', TensorInfo>;

function gradient(
  heap: Heap,
  x: TensorInfo,
  dy: TensorInfo,
  {
    filterSize,
    strides,
    pad,
    dimRoundingMode,
  }: AvgPoolGradAttrs & Partial<Pick<MaxPoolGradAttrs, 'dimRoundingMode'>>,
  isOfMaxima: boolean,
): TensorInfo | undefined {
  if (dy.dtype !== 'float32' || x.dtype !== 'float32') return undefined;
  const shape = x.shape as Window['inShape'];
  const window = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return withGradient(heap, window, dy, (dy) => {
    const [of, gradient] = [isOfMaxima ? x : undefined, dy].map((each) => heap.address(each));
    return computeOver(heap, window, x.shape, 0, (dx) =>
      heap.kernels.poolGradient(of, gradient, dx, heap.scratch),
    );
  });
}
