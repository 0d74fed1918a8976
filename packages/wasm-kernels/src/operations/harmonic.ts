import { harmonic, harmonicGradient } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';

/** The harmonic activation. */
export const harmonicKernels = [
  operationKernel(harmonic, ({ z, periods }, { residual }, heap) => {
    const [batch, units] = z.shape;
    const y = heap.allocate(z.shape);
    heap.kernels.harmonic(
      batch,
      units,
      heap.address(z),
      heap.address(periods),
      residual,
      heap.address(y),
      heap.scratch,
    );
    return y;
  }),
  operationKernel(harmonicGradient, ({ dy, z, periods }, { residual }, heap) => {
    const [batch, units] = z.shape;
    const dz = heap.allocate(z.shape);
    heap.kernels.harmonicGradient(
      batch,
      units,
      heap.address(dy),
      heap.address(z),
      heap.address(periods),
      residual,
      heap.address(dz),
      heap.scratch,
    );
    return dz;
  }),
];
