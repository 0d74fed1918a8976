import { sineRelu, sineReluGradient, sineReluPeriodGradient } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';
import { periodGradient } from './period-gradient';

/** The rectifier with a wave on top of it. */
export const sineReluKernels = [
  operationKernel(sineRelu, ({ z, periods }, { amplitude }, heap) => {
    const [batch, units] = z.shape;
    const y = heap.allocate(z.shape);
    heap.kernels.sineRelu(
      batch,
      units,
      heap.address(z),
      heap.address(periods),
      amplitude,
      heap.address(y),
      heap.scratch,
    );
    return y;
  }),
  operationKernel(sineReluGradient, ({ dy, z, periods }, { amplitude }, heap) => {
    const [batch, units] = z.shape;
    const dz = heap.allocate(z.shape);
    heap.kernels.sineReluGradient(
      batch,
      units,
      heap.address(dy),
      heap.address(z),
      heap.address(periods),
      amplitude,
      heap.address(dz),
      heap.scratch,
    );
    return dz;
  }),
  operationKernel(sineReluPeriodGradient, (inputs, { amplitude }, heap) =>
    periodGradient(inputs, amplitude, heap),
  ),
];
