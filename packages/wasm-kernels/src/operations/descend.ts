import { descend } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { operationKernel } from './operation-kernel';

/** Gradient descent. */
export const descendKernels = [
  operationKernel(
    descend,
    ({ parameter, update }, { learningRate }, heap) => {
      const y = heap.allocate(parameter.shape);
      heap.kernels.descend(
        sizeOf(parameter),
        heap.address(parameter),
        heap.address(update),
        learningRate,
        heap.address(y),
      );
      return y;
    },
    { first: 3, of: ({ learningRate }) => [learningRate] },
  ),
];
