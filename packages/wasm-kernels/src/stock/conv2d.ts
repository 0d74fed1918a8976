import {
  backend_util,
  Conv2D,
  type Conv2DAttrs,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  Conv2DBackpropInput,
  type Conv2DBackpropInputAttrs,
  FusedConv2D,
  type FusedConv2DAttrs,
  type TensorInfo,
  Transpose,
  util,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import type { WasmKernel } from '../kernel';
import { completion } from './completion';
import { convolve, convolveFilter, convolveInput } from './convolution';
import { freeing, hasKernels, replace, runKernel } from './own-kernel';
import { type Window, withGradient } from './window';

/** `tf.conv2d`, in both data formats. */
export const conv2D: WasmKernel = {
  name: Conv2D,
  run({ x, filter }: Record<'x' | 'filter', TensorInfo>, attrs: Conv2DAttrs, heap) {
    if (!areHandled(attrs, x, filter)) return undefined;
    const window = windowOf(x.shape, filter.shape, attrs);
    return onChannelsLast(heap, attrs, [x], ([image]) => convolve(heap, window, image, filter));
  },
};

/** `tf.fused.conv2d`; activations are left to the backend's own kernels, as in products. */
export const fusedConv2D: WasmKernel = {
  name: FusedConv2D,
  run(
    {
      x,
      filter,
      bias,
      preluActivationWeights,
    }: Record<'x' | 'filter', TensorInfo> & Partial<Record<'bias' | 'preluActivationWeights', TensorInfo>>,
    attrs: FusedConv2DAttrs,
    heap,
  ) {
    if (!areHandled(attrs, x, filter) || (bias && bias.dtype !== 'float32')) return undefined;
    const isOfChannels = bias?.shape.length === 1 && bias.shape[0] === filter.shape[3];
    const finish = completion({ ...attrs, bias: isOfChannels ? undefined : bias, preluActivationWeights });
    if (finish === undefined) return undefined;
    const window = windowOf(x.shape, filter.shape, attrs);
    // Weights of the activation, one for each channel, are aligned with the last length; those of an image have its data format.
    const weights = preluActivationWeights?.shape ?? [];
    const isOfImage = weights.length > 1;
    if (isOfImage && attrs.dataFormat === 'NCHW' && !util.arraysEqual(weights, window.outShape.slice(1))) {
      return undefined; // The backend's activation does not broadcast them.
    }
    const y = onChannelsLast(heap, attrs, [x], ([image]) => {
      const z = convolve(heap, window, image, filter, isOfChannels ? bias : undefined);
      return isOfImage ? z : finish(heap, z);
    });
    return isOfImage ? finish(heap, y) : y;
  },
};

/** The gradient of `tf.conv2d` by its input, and `tf.conv2dTranspose`; tfjs's kernel computes it value by value. */
export const conv2DBackpropInput: WasmKernel = {
  name: Conv2DBackpropInput,
  run({ dy, filter }: Record<'dy' | 'filter', TensorInfo>, attrs: Conv2DBackpropInputAttrs, heap) {
    if (!areHandled(attrs, dy, filter)) return undefined;
    const window = windowOf(attrs.inputShape, filter.shape, attrs);
    return withGradient(heap, window, dy, (dy) =>
      onChannelsLast(heap, attrs, [dy], ([image]) => convolveInput(heap, window, image, filter)),
    );
  },
};

/** The gradient of `tf.conv2d` by its filter, which tfjs's wasm backend lacks. */
export const conv2DBackpropFilter: WasmKernel = {
  name: Conv2DBackpropFilter,
  isMissing: true,
  run({ x, dy }: Record<'x' | 'dy', TensorInfo>, attrs: Conv2DBackpropFilterAttrs, heap) {
    if (!areHandled(attrs, x, dy)) return undefined;
    const window = windowOf(x.shape, attrs.filterShape, attrs);
    return withGradient(heap, window, dy, (dy) =>
      withChannelsLast(heap, attrs, [x, dy], ([x, dy]) => convolveFilter(heap, window, x, dy)),
    );
  },
};

type Images = Pick<Conv2DAttrs, 'dataFormat'>;

const areHandled = ({ dataFormat }: Images, ...tensors: TensorInfo[]): boolean =>
  tensors.every(({ dtype }) => dtype === 'float32') && (dataFormat !== 'NCHW' || hasKernels(Transpose));

/** The gradients have no dilations. */
function windowOf(
  inShape: readonly number[],
  filterShape: readonly number[],
  {
    strides,
    dilations = 1,
    pad,
    dimRoundingMode,
    dataFormat,
  }: Omit<Conv2DAttrs, 'dilations'> & Partial<Pick<Conv2DAttrs, 'dilations'>>,
): Window {
  return backend_util.computeConv2DInfo(
    inShape as Window['inShape'],
    filterShape as Window['filterShape'],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
}

/** Calls a function with images whose channels come last. */
function withChannelsLast(
  heap: Heap,
  { dataFormat }: Images,
  images: TensorInfo[],
  compute: (images: TensorInfo[]) => TensorInfo,
): TensorInfo {
  if (dataFormat !== 'NCHW') return compute(images);
  const transposed = images.map((x) => runKernel(heap, Transpose, { x }, { perm: [0, 2, 3, 1] }));
  return freeing(heap, transposed, () => compute(transposed));
}

/** Like {@link withChannelsLast}, for a function whose result is an image. */
function onChannelsLast(
  heap: Heap,
  images: Images,
  inputs: TensorInfo[],
  compute: (images: TensorInfo[]) => TensorInfo,
): TensorInfo {
  const x = withChannelsLast(heap, images, inputs, compute);
  return images.dataFormat === 'NCHW' ? replace(heap, x, Transpose, { x }, { perm: [0, 3, 1, 2] }) : x;
}
