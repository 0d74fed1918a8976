import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { alone } from '../kernel-module';
import { computeOver, framedSize, type Window } from './window';

/** The channels of panels, which the kernels pack filters and gradients into. */
const panel = (channels: number): number => 8 * Math.ceil(channels / 8);

/** The rows and depth of a convolution that is a product of matrices, because no pixel of x is beneath two values of the filter. */
function asProduct(window: Window): { rows: number; depth: number } | undefined {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = window;
  const { top, left } = window.padInfo;
  if (top !== 0 || left !== 0) return undefined;
  const isDense = window.strideHeight === 1 && window.strideWidth === 1;
  if (isDense && filterHeight * filterWidth === 1 && outHeight === inHeight && outWidth === inWidth) {
    return { rows: batchSize * inHeight * inWidth, depth: inChannels };
  }
  const isWhole =
    window.effectiveFilterHeight === filterHeight && window.effectiveFilterWidth === filterWidth;
  if (isWhole && outHeight * outWidth === 1 && filterHeight === inHeight && filterWidth === inWidth) {
    return { rows: batchSize, depth: filterHeight * filterWidth * inChannels };
  }
  return undefined;
}

/**
 * The convolution of images with a filter, plus a bias.
 *
 * @param x [batch, height, width, channels]
 * @param filter [filterHeight, filterWidth, channels, outChannels]
 * @param bias [outChannels]
 */
export function convolve(
  heap: Heap,
  window: Window,
  x: TensorInfo,
  filter: TensorInfo,
  bias?: TensorInfo,
): TensorInfo {
  const { batchSize, inHeight, inChannels, outHeight, outWidth, outChannels } = window;
  const { filterHeight, filterWidth, strideWidth, dilationWidth } = window;
  const product = asProduct(window);
  const shape = [batchSize, outHeight, outWidth, outChannels];
  if (product !== undefined) {
    const y = heap.allocate(shape);
    multiply(heap, product.rows, outChannels, product.depth, x, false, filter, false, y, bias);
    return y;
  }
  const taps = filterHeight * filterWidth;
  const size =
    taps * (inChannels * panel(outChannels) + 1) +
    framedSize(inHeight, outWidth, strideWidth, filterWidth, dilationWidth, inChannels);
  const [from, weights, start] = [x, filter, bias].map((each) => heap.address(each));
  return computeOver(heap, window, shape, size, (y, workspace) =>
    heap.kernels.convolve(from, weights, start, y, heap.scratch, workspace),
  );
}

/** The gradient of {@link convolve} by x, for a filter without dilation. */
export function convolveInput(heap: Heap, window: Window, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outChannels } = window;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = window;
  const product = asProduct(window);
  const shape = [batchSize, inHeight, inWidth, inChannels];
  if (product !== undefined) {
    const dx = heap.allocate(shape);
    multiply(heap, product.rows, product.depth, outChannels, dy, false, filter, true, dx);
    return dx;
  }
  // With strides, each pixel is beneath a part of the filter.
  const rows = Math.ceil(filterHeight / strideHeight);
  const columns = Math.ceil(filterWidth / strideWidth);
  const size =
    rows * columns * (outChannels * panel(inChannels) + 1) +
    framedSize(outHeight, Math.ceil(inWidth / strideWidth), 1, columns, 1, outChannels);
  const [from, weights] = [dy, filter].map((each) => heap.address(each));
  return computeOver(heap, window, shape, size, (dx, workspace) =>
    heap.kernels.convolveInput(from, weights, dx, heap.scratch, workspace),
  );
}

/** The gradient of {@link convolve} by the filter. */
export function convolveFilter(heap: Heap, window: Window, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const { inHeight, inChannels, outHeight, outWidth, outChannels } = window;
  const { filterHeight, filterWidth, strideWidth, dilationWidth } = window;
  const product = asProduct(window);
  const shape = [filterHeight, filterWidth, inChannels, outChannels];
  if (product !== undefined) {
    const filter = heap.allocate(shape);
    multiply(heap, product.depth, outChannels, product.rows, x, true, dy, false, filter);
    return filter;
  }
  const size =
    outHeight +
    panel(outChannels) * (outHeight * outWidth + filterHeight * filterWidth * (inChannels + 5)) +
    framedSize(inHeight, outWidth, strideWidth, filterWidth, dilationWidth, inChannels);
  const [from, gradient] = [x, dy].map((each) => heap.address(each));
  return computeOver(heap, window, shape, size, (filter, workspace) =>
    heap.kernels.convolveFilter(from, gradient, filter, heap.scratch, workspace),
  );
}

/** c = a·b + bias. */
function multiply(
  heap: Heap,
  rows: number,
  columns: number,
  depth: number,
  a: TensorInfo,
  transposeA: boolean,
  b: TensorInfo,
  transposeB: boolean,
  c: TensorInfo,
  bias?: TensorInfo,
): void {
  heap.kernels.product(
    rows,
    columns,
    depth,
    heap.address(a),
    transposeA,
    heap.address(b),
    transposeB,
    heap.address(bias),
    heap.address(c),
    heap.scratch,
    ...alone,
  );
}
