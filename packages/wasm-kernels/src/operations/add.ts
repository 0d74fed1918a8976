import { add } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { operationKernel } from './operation-kernel';

/** Its number in the kernel `binary`. */
const addition = 0;

/** The sum of two layers. */
export const addKernels = [
  operationKernel(add, ({ a, b }, _, heap) => {
    const y = heap.allocate(a.shape);
    const size = sizeOf(a);
    heap.kernels.binary(
      addition,
      1,
      size,
      heap.address(a),
      size,
      1,
      heap.address(b),
      size,
      1,
      heap.address(y),
    );
    return y;
  }),
];
