import { dense } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';

export const denseKernels = [
  operationKernel(dense, ({ x, kernel, bias }, _, heap) => {
    const [batch, inputs] = x.shape;
    const units = kernel.shape[1];
    const z = heap.allocate([batch, units]);
    heap.kernels.product(
      batch,
      units,
      inputs,
      heap.address(x),
      false,
      heap.address(kernel),
      false,
      heap.address(bias),
      heap.address(z),
      heap.scratch,
    );
    return z;
  }),
];
