import { type backend_util, Slice, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { freeing, hasKernels, runKernel } from './own-kernel';

/** What slides over images, as tfjs computes it from a kernel's attributes. */
export type Window = ReturnType<typeof backend_util.computeConv2DInfo>;

/** Tells the kernels what slides over what, for their next call. */
function slide({ kernels, scratch }: Heap, window: Window): void {
  kernels.slide(
    scratch,
    window.batchSize,
    window.inHeight,
    window.inWidth,
    window.inChannels,
    window.outHeight,
    window.outWidth,
    window.outChannels,
    window.filterHeight,
    window.filterWidth,
    window.strideHeight,
    window.strideWidth,
    window.dilationHeight,
    window.dilationWidth,
    window.padInfo.top,
    window.padInfo.left,
  );
}

/** The values of an image with zeros to its left and right, as far as a filter passes over them. */
export const framedSize = (
  height: number,
  outWidth: number,
  stride: number,
  filterWidth: number,
  dilation: number,
  channels: number,
): number => height * ((outWidth - 1) * stride + (filterWidth - 1) * dilation + 1) * channels;

/**
 * A new tensor that a kernel computes, which has been told of a window.
 *
 * @param count the values that the kernel needs memory for: the rest of the scratch memory after the window, or that of a tensor if it
 *   needs more.
 * @param compute calls the kernel, with the addresses of the result and of that memory.
 * @throws {RangeError} if the heap has no memory left for them.
 */
export function computeOver(
  heap: Heap,
  window: Window,
  shape: number[],
  count: number,
  compute: (result: number, workspace: number) => void,
): TensorInfo {
  const begin = heap.kernels.windowBytes();
  const isShort = begin + 4 * count > heap.scratchBytes;
  const memory = isShort ? heap.allocate([count]) : undefined;
  return freeing(heap, memory ? [memory] : [], () => {
    const result = heap.allocate(shape);
    slide(heap, window);
    compute(heap.address(result), memory ? heap.address(memory) : heap.scratch + begin);
    return result;
  });
}

/**
 * Calls a function with a gradient by results, or the part of it that a window has. It may be larger, since tfjs computes gradients
 * without the rounding mode of their operation. Undefined if it is smaller.
 */
export function withGradient(
  heap: Heap,
  { outShape }: Window,
  dy: TensorInfo,
  compute: (dy: TensorInfo) => TensorInfo,
): TensorInfo | undefined {
  if (util.arraysEqual(dy.shape, outShape)) return compute(dy);
  if (dy.shape.some((length, axis) => length < outShape[axis]) || !hasKernels(Slice)) return undefined;
  const part = runKernel(heap, Slice, { x: dy }, { begin: [0, 0, 0, 0], size: outShape });
  return freeing(heap, [part], () => compute(part));
}
