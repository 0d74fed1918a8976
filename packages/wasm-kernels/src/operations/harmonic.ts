import {
  harmonic,
  harmonicGradient,
  harmonicPeriodGradient,
  phasedHarmonic,
  phasedHarmonicGradient,
  phasedHarmonicPeriodGradient,
  phasedHarmonicPhaseGradient,
} from '@harmonic-mlp/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelHeap } from '../heap';
import { operationKernel } from './operation-kernel';
import { periodGradient } from './period-gradient';

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
  operationKernel(harmonicPeriodGradient, (inputs, _, heap) => periodGradient(inputs, 1, heap)),
  operationKernel(phasedHarmonicPeriodGradient, (inputs, _, heap) => periodGradient(inputs, 1, heap)),
  operationKernel(phasedHarmonicPhaseGradient, ({ dy, z, periods, phases }, _, heap) => {
    const [batch, units] = z.shape;
    const gradient = heap.allocate([units]);
    heap.kernels.phaseGradient(
      batch,
      units,
      heap.address(dy),
      heap.address(z),
      heap.address(periods),
      heap.address(phases),
      heap.address(gradient),
      heap.scratch,
    );
    return gradient;
  }),
];
