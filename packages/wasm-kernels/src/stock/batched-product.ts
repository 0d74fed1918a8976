import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { alone } from '../kernel-module';

/** Matrices to multiply, [...batch, rows, columns]; the batch dimensions of both sides broadcast. */
export interface BatchedProduct {
  readonly a: TensorInfo;
  readonly transposeA: boolean;
  readonly b: TensorInfo;
  readonly transposeB: boolean;
  /** [columns of the product], added to each row. */
  readonly bias?: TensorInfo | undefined;
}

/** a·b + bias for each pair of matrices; undefined if they are not float32 or their sizes do not match. */
export function batchedProduct(
  heap: Heap,
  { a, transposeA, b, transposeB, bias }: BatchedProduct,
): TensorInfo | undefined {
  const left = matrices(a, transposeA);
  const right = matrices(b, transposeB);
  if (left === undefined || right === undefined || left.columns !== right.rows) return undefined;
  const { rows, columns: depth } = left;
  const { columns } = right;
  if (bias && (bias.dtype !== 'float32' || bias.shape.length !== 1 || bias.shape[0] !== columns)) {
    return undefined;
  }
  const batch = broadcast_util.assertAndGetBroadcastShape(left.batch, right.batch);
  const result = heap.allocate([...batch, rows, columns]);
  const addressA = heap.address(a);
  const addressB = heap.address(b);
  const addressBias = heap.address(bias);
  const addressResult = heap.address(result);
  const multiply = (m: number, indexA: number, indexB: number, index: number) =>
    heap.kernels.product(
      m,
      columns,
      depth,
      addressA + 4 * indexA * rows * depth,
      transposeA,
      addressB + 4 * indexB * depth * columns,
      transposeB,
      addressBias,
      addressResult + 4 * index * rows * columns,
      heap.scratch,
      ...alone,
    );
  if (!transposeA && right.batch.every((length) => length === 1)) {
    // All matrices on the left, multiplied by the same one, are one tall matrix.
    multiply(util.sizeFromShape(batch) * rows, 0, 0, 0);
    return result;
  }
  const indicesA = broadcastIndices(left.batch, batch);
  const indicesB = broadcastIndices(right.batch, batch);
  for (let index = 0; index < indicesA.length; index++) {
    multiply(rows, indicesA[index], indicesB[index], index);
  }
  return result;
}

/** The sizes of a tensor's matrices as they are multiplied; undefined if it holds no matrices of float32. */
function matrices({ dtype, shape }: TensorInfo, transpose: boolean) {
  if (dtype !== 'float32' || shape.length < 2) return undefined;
  const [rows, columns] = shape.slice(-2);
  const batch = shape.slice(0, -2);
  return transpose ? { batch, rows: columns, columns: rows } : { batch, rows, columns };
}

/** The index in the original batch for each index of the broadcast one, row by row. */
function broadcastIndices(own: readonly number[], batch: readonly number[]): number[] {
  const missing = batch.length - own.length;
  return batch.reduce(
    (indices, length, axis) => {
      const ownLength = axis < missing ? 1 : own[axis - missing];
      const step = ownLength === 1 ? 0 : 1;
      return indices.flatMap((index) => Array.from({ length }, (_, i) => index * ownLength + i * step));
    },
    [0],
  );
}
