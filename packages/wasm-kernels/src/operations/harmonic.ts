import { harmonic, harmonicGradient, phasedHarmonic, phasedHarmonicGradient } from '@harmonic-mlp/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelHeap } from '../heap';
import { operationKernel } from './operation-kernel';

interface Inputs {
  readonly z: TensorInfo;
  readonly periods: TensorInfo;
  /** Default: zeros. */
  readonly phases?: TensorInfo;
}

function value({ z, periods, phases }: Inputs, residual: number, heap: KernelHeap): TensorInfo {
  const [batch, units] = z.shape;
  const y = heap.allocate(z.shape);
  heap.kernels.harmonic(
    batch,
    units,
    heap.address(z),
    heap.address(periods),
    heap.address(phases),
    residual,
    heap.address(y),
    heap.scratch,
  );
  return y;
}

function gradient(
  { dy, z, periods, phases }: Inputs & { readonly dy: TensorInfo },
  residual: number,
  heap: KernelHeap,
): TensorInfo {
  const [batch, units] = z.shape;
  const dz = heap.allocate(z.shape);
  heap.kernels.harmonicGradient(
    batch,
    units,
    heap.address(dy),
    heap.address(z),
    heap.address(periods),
    heap.address(phases),
    residual,
    heap.address(dz),
    heap.scratch,
  );
  return dz;
}

/** The harmonic activation, without and with phases. */
export const harmonicKernels = [
  operationKernel(harmonic, (inputs, { residual }, heap) => value(inputs, residual, heap)),
  operationKernel(harmonicGradient, (inputs, { residual }, heap) => gradient(inputs, residual, heap)),
  operationKernel(phasedHarmonic, (inputs, { residual }, heap) => value(inputs, residual, heap)),
  operationKernel(phasedHarmonicGradient, (inputs, { residual }, heap) => gradient(inputs, residual, heap)),
];
