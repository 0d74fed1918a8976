import { relu, reluGradient } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { operationKernel } from './operation-kernel';

/** The rectifier. */
export const reluKernels = [
  operationKernel(relu, ({ x }, _, heap) => {
    const y = heap.allocate(x.shape);
    heap.kernels.relu(sizeOf(x), heap.address(x), heap.address(y));
    return y;
  }),
  operationKernel(reluGradient, ({ dy, y }, _, heap) => {
    const dx = heap.allocate(y.shape);
    heap.kernels.reluGradient(sizeOf(y), heap.address(dy), heap.address(y), heap.address(dx));
    return dx;
  }),
];
