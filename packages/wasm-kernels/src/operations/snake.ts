import { snake, snakeGradient } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';

/** Snake. */
export const snakeKernels = [
  operationKernel(snake, ({ z, frequencies }, _, heap) => {
    const [batch, units] = z.shape;
    const y = heap.allocate(z.shape);
    heap.kernels.snake(batch, units, heap.address(z), heap.address(frequencies), heap.address(y));
    return y;
  }),
  operationKernel(snakeGradient, ({ dy, z, frequencies }, _, heap) => {
    const [batch, units] = z.shape;
    const dz = heap.allocate(z.shape);
    heap.kernels.snakeGradient(
      batch,
      units,
      heap.address(dy),
      heap.address(z),
      heap.address(frequencies),
      heap.address(dz),
      heap.scratch,
    );
    return dz;
  }),
];
