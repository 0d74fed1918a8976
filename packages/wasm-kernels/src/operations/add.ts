import { add } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { operationKernel } from './operation-kernel';

/** The sum of two layers. */
export const addKernels = [
  operationKernel(add, ({ a, b }, _, heap) => {
    const y = heap.allocate(a.shape);
    heap.kernels.add(sizeOf(a), heap.address(a), heap.address(b), heap.address(y));
    return y;
  }),
];
