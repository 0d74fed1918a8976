import { stepsOver } from '@harmonic-mlp/core/program';
import {
  Add,
  AddN,
  backend_util,
  Cast,
  type CastAttrs,
  ClipByValue,
  type ClipByValueAttrs,
  Concat,
  type ConcatAttrs,
  Equal,
  Greater,
  GreaterEqual,
  Less,
  LessEqual,
  LogicalAnd,
  Maximum,
  Mean,
  type MeanAttrs,
  Minimum,
  Multiply,
  maximum,
  OneHot,
  type OneHotAttrs,
  RealDiv,
  Select,
  Square,
  Sub,
  Sum,
  type SumAttrs,
  type TensorInfo,
  tidy,
  util,
} from '@tensorflow/tfjs-core';
import { type KernelHeap, sizeOf } from '../heap';
import { alone } from '../kernel-module';
import { sum as sumOverAxes } from '../stock/sum';
import { cosine, sine, squareRoot } from '../stock/unary';
import type { ProgramKernel } from './call-list';

/** A kernel of tfjs in programs: the same values as those of tfjs's wasm backend, to the bit. */
export interface StockKernel extends ProgramKernel {
  /** Whether the program needs the kernel of this package to be in use, because outside of programs it computes other bits. */
  readonly isReplaced: boolean;
}

const areFloats = (...tensors: TensorInfo[]): boolean => tensors.every(({ dtype }) => dtype === 'float32');

type Pair = Record<'a' | 'b', TensorInfo>;

/** The functions of the kernel `binary`. */
const functions = {
  add: 0,
  subtract: 1,
  multiply: 2,
  divide: 3,
  maximum: 4,
  minimum: 5,
  larger: 6,
  smaller: 7,
} as const;

/** The functions of the kernel `compare`. */
const comparisons = { greater: 0, less: 1, equal: 2, greaterEqual: 3, lessEqual: 4 } as const;

/**
 * Whether the larger one of a number and NaN is NaN. tfjs has these kernels from XNNPACK, which has both kinds, for the
 * instructions that ARM and x86 have, and finds out on which it runs.
 */
const keepsNaN = (): boolean => tidy(() => Number.isNaN(maximum(1, Number.NaN).dataSync()[0]));

/** A function of two tensors of floats. */
const binary = (kernelName: string, functionOf: () => number): StockKernel => ({
  kernelName,
  isReplaced: false,
  run({ a, b }: Pair, _: object, heap) {
    if (!areFloats(a, b)) return undefined;
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const size = util.sizeFromShape(shape);
    const isPlain = sizeOf(a) === size && sizeOf(b) === size;
    const columns = isPlain ? size : (shape[shape.length - 1] ?? 1);
    const rows = columns === 0 ? 0 : size / columns;
    const [left, right] = [a, b].map((each) => stepsOver(each.shape, rows, columns));
    if (size === 0 || left === undefined || right === undefined) return undefined;
    const y = heap.allocate(shape);
    heap.kernels.binary(
      functionOf(),
      rows,
      columns,
      heap.address(a),
      left.row,
      left.column,
      heap.address(b),
      right.row,
      right.column,
      heap.address(y),
      ...alone,
    );
    return y;
  },
});

/** A comparison. */
const comparison = (kernelName: string, f: number): StockKernel => ({
  kernelName,
  isReplaced: false,
  run({ a, b }: Pair, _: object, heap) {
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const size = util.sizeFromShape(shape);
    if (
      f === comparisons.equal &&
      a.dtype === 'bool' &&
      b.dtype === 'bool' &&
      sizeOf(a) === size &&
      sizeOf(b) === size
    ) {
      const y = heap.allocate(shape, 'bool');
      heap.kernels.equalBytes(size, heap.address(a), heap.address(b), heap.address(y));
      return y;
    }
    const [left, right] = [a, b].map((each) =>
      sizeOf(each) === size ? 1 : sizeOf(each) === 1 ? 0 : undefined,
    );
    if (!areFloats(a, b) || left === undefined || right === undefined) return undefined;
    const y = heap.allocate(shape, 'bool');
    heap.kernels.compare(f, size, heap.address(a), left, heap.address(b), right, heap.address(y));
    return y;
  },
});

/** The sum or the mean over adjacent axes, as tfjs's own kernels compute it, from the first value to the last one. */
function sumInOrder(
  { x }: { x: TensorInfo },
  { axis, keepDims }: SumAttrs | MeanAttrs,
  isMean: boolean,
  heap: KernelHeap,
): TensorInfo | undefined {
  const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
  const first = axes[0] ?? 0;
  if (!areFloats(x) || axes.some((each, i) => each !== first + i)) return undefined;
  const [shape, summed] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const y = heap.allocate(keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape);
  const count = util.sizeFromShape(summed);
  const outer = util.sizeFromShape(x.shape.slice(0, first));
  const inner = util.sizeFromShape(x.shape.slice(first + axes.length));
  heap.kernels.sumInOrder(outer, count, inner, heap.address(x), isMean ? count : 1, heap.address(y));
  return y;
}

const product = binary(Multiply, () => functions.multiply);

/** The kernels of tfjs that programs may have. */
export const stockKernels: readonly StockKernel[] = [
  binary(Add, () => functions.add),
  binary(Sub, () => functions.subtract),
  product,
  binary(RealDiv, () => functions.divide),
  binary(Maximum, () => (keepsNaN() ? functions.maximum : functions.larger)),
  binary(Minimum, () => (keepsNaN() ? functions.minimum : functions.smaller)),
  comparison(Greater, comparisons.greater),
  comparison(Less, comparisons.less),
  comparison(Equal, comparisons.equal),
  comparison(GreaterEqual, comparisons.greaterEqual),
  comparison(LessEqual, comparisons.lessEqual),
  {
    kernelName: LogicalAnd,
    isReplaced: false,
    run({ a, b }: Pair, _: object, heap) {
      if (a.dtype !== 'bool' || b.dtype !== 'bool' || !util.arraysEqual(a.shape, b.shape)) return undefined;
      const y = heap.allocate(a.shape, 'bool');
      heap.kernels.bothBytes(sizeOf(a), heap.address(a), heap.address(b), heap.address(y));
      return y;
    },
  },
  {
    kernelName: Select,
    isReplaced: false,
    run({ condition, t, e }: Record<'condition' | 't' | 'e', TensorInfo>, _: object, heap) {
      if (!areFloats(t, e) || condition.dtype !== 'bool' || !util.arraysEqual(condition.shape, t.shape))
        return undefined;
      const y = heap.allocate(t.shape);
      heap.kernels.selectValues(
        sizeOf(t),
        heap.address(condition),
        heap.address(t),
        heap.address(e),
        heap.address(y),
      );
      return y;
    },
  },
  {
    kernelName: Square,
    isReplaced: false,
    run: ({ x }: { x: TensorInfo }, _: object, heap) =>
      (product.run as StockKernel['run'])({ a: x, b: x } as never, {} as never, heap),
  },
  ...[sine, cosine, squareRoot].map(({ name, run }) => ({
    kernelName: name,
    isReplaced: true,
    run: run as StockKernel['run'],
  })),
  {
    kernelName: Sum,
    isReplaced: true,
    run: (inputs: { x: TensorInfo }, attributes: SumAttrs, heap) =>
      (sumOverAxes.run as StockKernel['run'])(inputs as never, attributes as never, heap) ??
      sumInOrder(inputs, attributes, false, heap),
  },
  {
    kernelName: Mean,
    isReplaced: false,
    run: (inputs: { x: TensorInfo }, attributes: MeanAttrs, heap) =>
      sumInOrder(inputs, attributes, true, heap),
  },
  {
    kernelName: Concat,
    isReplaced: false,
    run(inputs: { [i: string]: TensorInfo }, { axis }: ConcatAttrs, heap) {
      const parts = Object.values(inputs);
      const [{ shape, dtype }] = parts;
      const along = util.parseAxisParam(axis, shape)[0];
      const outer = util.sizeFromShape(shape.slice(0, along));
      if (outer !== 1 || dtype === 'string' || dtype === 'complex64') return undefined;
      const lengths = parts.map((part) => part.shape);
      const y = heap.allocate(backend_util.computeOutShape(lengths, along), dtype);
      let at = heap.address(y);
      for (const part of parts) {
        const bytes = sizeOf(part) * util.bytesPerElement(dtype);
        heap.kernels.copy(bytes, heap.address(part), at);
        at += bytes;
      }
      return y;
    },
  },
  {
    kernelName: Cast,
    isReplaced: false,
    run({ x }: { x: TensorInfo }, { dtype }: CastAttrs, heap) {
      if (dtype !== 'float32') return undefined;
      const y = heap.allocate(x.shape, dtype);
      const size = sizeOf(x);
      if (x.dtype === 'float32') heap.kernels.copy(4 * size, heap.address(x), heap.address(y));
      else if (x.dtype === 'int32') heap.kernels.floatsOfIntegers(size, heap.address(x), heap.address(y));
      else if (x.dtype === 'bool') heap.kernels.floatsOfBytes(size, heap.address(x), heap.address(y));
      else return undefined;
      return y;
    },
  },
  {
    kernelName: OneHot,
    isReplaced: false,
    run({ indices }: { indices: TensorInfo }, { dtype, depth, onValue, offValue }: OneHotAttrs, heap) {
      // tfjs's kernel writes integers into the memory of floats.
      if (indices.dtype !== 'int32' || dtype !== 'int32') return undefined;
      const y = heap.allocate([...indices.shape, depth], dtype);
      heap.kernels.oneHot(sizeOf(indices), depth, heap.address(indices), onValue, offValue, heap.address(y));
      return y;
    },
  },
  {
    kernelName: AddN,
    isReplaced: false,
    run(inputs: { [i: string]: TensorInfo }, _: object, heap) {
      const parts = Object.values(inputs);
      const [first, ...others] = parts;
      if (!areFloats(...parts)) return undefined;
      const y = heap.allocate(first.shape);
      const [at, size] = [heap.address(y), sizeOf(first)];
      // Zero and the first one: the sum of −0 and −0 is 0.
      heap.kernels.sumInOrder(1, 1, size, heap.address(first), 1, at);
      for (const other of others)
        heap.kernels.binary(functions.add, 1, size, at, size, 1, heap.address(other), size, 1, at, ...alone);
      return y;
    },
  },
  {
    kernelName: ClipByValue,
    isReplaced: false,
    run({ x }: { x: TensorInfo }, { clipValueMin, clipValueMax }: ClipByValueAttrs, heap) {
      if (!areFloats(x)) return undefined;
      const y = heap.allocate(x.shape);
      heap.kernels.clip(sizeOf(x), keepsNaN(), heap.address(x), clipValueMin, clipValueMax, heap.address(y));
      return y;
    },
  },
];
