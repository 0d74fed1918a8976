import {
  backend_util,
  DepthwiseConv2dNative,
  type DepthwiseConv2dNativeAttrs,
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  FusedDepthwiseConv2D,
  type FusedDepthwiseConv2DAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import type { WasmKernel } from '../kernel';
import { completion } from './completion';
import { computeOver, framedSize, type Window, withGradient } from './window';

/** `tf.depthwiseConv2d`. */
export const depthwiseConv2dNative: WasmKernel = {
  name: DepthwiseConv2dNative,
  run({ x, filter }: Record<'x' | 'filter', TensorInfo>, attrs: DepthwiseConv2dNativeAttrs, heap) {
    return areFloat(x, filter)
      ? convolve(heap, windowOf(x.shape, filter.shape, attrs), x, filter)
      : undefined;
  },
};

/** `tf.fused.depthwiseConv2d`; activations are left to the backend's own kernels, as in products. */
export const fusedDepthwiseConv2D: WasmKernel = {
  name: FusedDepthwiseConv2D,
  run(
    {
      x,
      filter,
      bias,
      preluActivationWeights,
    }: Record<'x' | 'filter', TensorInfo> & Partial<Record<'bias' | 'preluActivationWeights', TensorInfo>>,
    attrs: FusedDepthwiseConv2DAttrs,
    heap,
  ) {
    if (!areFloat(x, filter) || (bias && !areFloat(bias)) || attrs.dataFormat !== 'NHWC') return undefined;
    const window = windowOf(x.shape, filter.shape, attrs);
    const isOfChannels = bias?.shape.length === 1 && bias.shape[0] === window.outChannels;
    const finish = completion({ ...attrs, bias: isOfChannels ? undefined : bias, preluActivationWeights });
    return finish?.(heap, convolve(heap, window, x, filter, isOfChannels ? bias : undefined));
  },
};

/** The gradient of `tf.depthwiseConv2d` by its input, which tfjs's wasm backend lacks. */
export const depthwiseConv2dNativeBackpropInput: WasmKernel = {
  name: DepthwiseConv2dNativeBackpropInput,
  isMissing: true,
  run(
    { dy, filter }: Record<'dy' | 'filter', TensorInfo>,
    attrs: DepthwiseConv2dNativeBackpropInputAttrs,
    heap,
  ) {
    if (!areFloat(dy, filter)) return undefined;
    const window = windowOf(attrs.inputShape, filter.shape, attrs);
    const { inHeight, inWidth, inChannels, outHeight, outChannels } = window;
    const { filterHeight, filterWidth, strideWidth, dilationWidth } = window;
    // With strides, each pixel is beneath a part of the filter.
    const outWidth = Math.ceil(inWidth / strideWidth);
    const columns = Math.ceil(filterWidth / strideWidth);
    const size =
      filterHeight * filterWidth * (outChannels + 1) +
      framedSize(outHeight, outWidth, 1, columns, dilationWidth, outChannels) +
      (outChannels > inChannels ? inHeight * inWidth * outChannels : 0);
    return withGradient(heap, window, dy, (dy) => {
      const [from, weights] = [dy, filter].map((each) => heap.address(each));
      return computeOver(heap, window, attrs.inputShape, size, (dx, workspace) =>
        heap.kernels.convolveInputDepthwise(from, weights, dx, heap.scratch, workspace),
      );
    });
  },
};

/** The gradient of `tf.depthwiseConv2d` by its filter, which tfjs's wasm backend lacks. */
export const depthwiseConv2dNativeBackpropFilter: WasmKernel = {
  name: DepthwiseConv2dNativeBackpropFilter,
  isMissing: true,
  run({ x, dy }: Record<'x' | 'dy', TensorInfo>, attrs: DepthwiseConv2dNativeBackpropFilterAttrs, heap) {
    if (!areFloat(x, dy)) return undefined;
    const window = windowOf(x.shape, attrs.filterShape, attrs);
    return withGradient(heap, window, dy, (dy) => {
      const [from, gradient] = [x, dy].map((each) => heap.address(each));
      return computeOver(heap, window, attrs.filterShape, sizeOfImages(window), (filter, workspace) =>
        heap.kernels.convolveFilterDepthwise(from, gradient, filter, heap.scratch, workspace),
      );
    });
  },
};

const areFloat = (...tensors: TensorInfo[]): boolean => tensors.every(({ dtype }) => dtype === 'float32');

/** As tfjs's kernels do, whatever the data format. */
function windowOf(
  inShape: readonly number[],
  filterShape: readonly number[],
  {
    strides,
    dilations,
    pad,
    dimRoundingMode,
  }: Pick<DepthwiseConv2dNativeAttrs, 'strides' | 'pad' | 'dimRoundingMode'> & {
    dilations: number | [number, number] | null;
  },
): Window {
  return backend_util.computeConv2DInfo(
    inShape as Window['inShape'],
    filterShape as Window['filterShape'],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
}

function convolve(
  heap: Heap,
  window: Window,
  x: TensorInfo,
  filter: TensorInfo,
  bias?: TensorInfo,
): TensorInfo {
  const { filterHeight, filterWidth, outShape } = window;
  const size = filterHeight * filterWidth + sizeOfImages(window);
  const [from, weights, start] = [x, filter, bias].map((each) => heap.address(each));
  return computeOver(heap, window, outShape, size, (y, workspace) =>
    heap.kernels.convolveDepthwise(from, weights, start, y, heap.scratch, workspace),
  );
}

/** The values of an image with zeros to its left and right and, if a channel has several results, of one with as many of it. */
function sizeOfImages(window: Window): number {
  const { inHeight, inWidth, inChannels, outWidth, outChannels } = window;
  const { filterWidth, strideWidth, dilationWidth } = window;
  const framed = framedSize(inHeight, outWidth, strideWidth, filterWidth, dilationWidth, outChannels);
  return framed + (outChannels > inChannels ? inHeight * inWidth * outChannels : 0);
}
