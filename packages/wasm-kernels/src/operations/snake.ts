import { snake, snakeFrequencyGradient, snakeGradient } from '@harmonic-mlp/core';
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
  operationKernel(snakeFrequencyGradient, ({ dy, z, frequencies }, _, heap) => {
    const [batch, units] = z.shape;
    const gradient = heap.allocate([units]);
    heap.kernels.snakeFrequencyGradient(
      batch,
      units,
      heap.address(dy),
      heap.address(z),
      heap.address(frequencies),
      heap.address(gradient),
      heap.scratch,
    );
    return gradient;
  }),
];
