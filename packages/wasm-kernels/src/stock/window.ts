import { type backend_util, Slice, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { freeing, hasKernels, runKernel } from './own-kernel';

/** What slides over images, as tfjs computes it from a kernel's attributes. */
export type Window = ReturnType<typeof backend_util.computeConv2DInfo>;

/** Tells the kernels what slides over what, for their next call. */
export function slide({ kernels, scratch }: Heap, window: Window): void {
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
 * Calls a function with the address of memory for `count` values that it may use: the rest of the scratch memory after a window, or
 * that of a tensor if more is needed.
 *
 * @throws {RangeError} if the heap has no memory left for it.
 */
export function withWorkspace(
  heap: Heap,
  count: number,
  compute: (address: number) => TensorInfo,
): TensorInfo {
  const begin = heap.kernels.windowBytes();
  if (begin + 4 * count <= heap.scratchBytes) return compute(heap.scratch + begin);
  const tensor = heap.allocate([count]);
  return freeing(heap, [tensor], () => compute(heap.address(tensor)));
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
