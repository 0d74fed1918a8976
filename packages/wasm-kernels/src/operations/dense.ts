import { dense, denseBiasGradient, denseInputGradient, denseKernelGradient } from '@harmonic-mlp/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { operationKernel } from './operation-kernel';

/** Two matrices to multiply, with the shape of the product. */
interface Product {
  readonly shape: [rows: number, columns: number];
  readonly depth: number;
  readonly a: TensorInfo;
  readonly transposeA?: boolean;
  readonly b: TensorInfo;
  readonly transposeB?: boolean;
  /** Added to each row. */
  readonly bias?: TensorInfo | undefined;
}

function multiply(
  heap: Heap,
  { shape, depth, a, transposeA = false, b, transposeB = false, bias }: Product,
): TensorInfo {
  const result = heap.allocate(shape);
  heap.kernels.product(
    ...shape,
    depth,
    heap.address(a),
    transposeA,
    heap.address(b),
    transposeB,
    heap.address(bias),
    heap.address(result),
    heap.scratch,
  );
  return result;
}

/** At this fraction of foreground values and above, the plain product is faster, as measured by `pnpm bench`. */
const MAX_FOREGROUND = 0.4;
/** The largest constant, relative to the mean magnitude of the foreground, that costs at most two bits of precision. */
const MAX_MAGNITUDE = 4;

/**
 * The constant that most values of `x` equal, if that makes the product with `columns` columns faster: images are mostly
 * background, and `x·W = c·Σw + (x − c)·W` needs only the rows of W at the other pixels.
 */
function backgroundOf(x: TensorInfo, columns: number, heap: Heap): number | undefined {
  const { kernels } = heap;
  const [rows, depth] = x.shape;
  if (rows < 4 || columns < 32 || depth < 64 || depth > kernels.BACKGROUND_MAX_DEPTH.value) return undefined;
  const count = rows * depth;
  const address = heap.address(x);
  const constant = kernels.background(count, address);
  if (!Number.isFinite(constant)) return undefined;
  const foreground = kernels.countForeground(count, address, constant);
  if (foreground >= MAX_FOREGROUND * count) return undefined;
  if (constant === 0 || foreground === 0) return constant;
  // With a large constant, such as -999 for a missing value, x − c would lose the digits of x.
  const magnitude = kernels.foregroundMagnitude(count, address, constant) / foreground;
  return Math.abs(constant) > MAX_MAGNITUDE * magnitude ? undefined : constant;
}

/** The products of dense layers. */
export const denseKernels = [
  operationKernel(dense, ({ x, kernel, bias }, _, heap) => {
    const [batch, inputs] = x.shape;
    const units = kernel.shape[1];
    const constant = backgroundOf(x, units, heap);
    if (constant === undefined) {
      return multiply(heap, { shape: [batch, units], depth: inputs, a: x, b: kernel, bias });
    }
    const z = heap.allocate([batch, units]);
    heap.kernels.backgroundProduct(
      batch,
      units,
      inputs,
      heap.address(x),
      constant,
      heap.address(kernel),
      heap.address(bias),
      heap.address(z),
      heap.scratch,
      heap.kernels.scratchBytes(),
    );
    return z;
  }),
  operationKernel(denseInputGradient, ({ dy, kernel }, _, heap) => {
    const [inputs, units] = kernel.shape;
    return multiply(heap, { shape: [dy.shape[0], inputs], depth: units, a: dy, b: kernel, transposeB: true });
  }),
  operationKernel(denseKernelGradient, ({ x, dy }, _, heap) => {
    const [batch, inputs] = x.shape;
    const units = dy.shape[1];
    const constant = backgroundOf(x, units, heap);
    if (constant === undefined) {
      return multiply(heap, { shape: [inputs, units], depth: batch, a: x, transposeA: true, b: dy });
    }
    const gradient = heap.allocate([inputs, units]);
    heap.kernels.backgroundTransposedProduct(
      batch,
      units,
      inputs,
      heap.address(x),
      constant,
      heap.address(dy),
      heap.address(gradient),
      heap.scratch,
      heap.kernels.scratchBytes(),
    );
    return gradient;
  }),
  operationKernel(denseBiasGradient, ({ dy }, _, heap) => {
    const [batch, units] = dy.shape;
    const gradient = heap.allocate([units]);
    heap.kernels.sumRows(batch, units, heap.address(dy), heap.address(gradient));
    return gradient;
  }),
];
