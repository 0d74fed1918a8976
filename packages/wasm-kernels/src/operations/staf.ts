import { staf, stafGradient, stafTermGradients } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { operationKernel } from './operation-kernel';

/** STAF. */
export const stafKernels = [
  operationKernel(staf, ({ z, frequencies, phases, amplitudes }, _, heap) => {
    const y = heap.allocate(z.shape);
    heap.kernels.staf(
      sizeOf(z),
      sizeOf(frequencies),
      heap.address(z),
      heap.address(frequencies),
      heap.address(phases),
      heap.address(amplitudes),
      heap.address(y),
      heap.scratch,
    );
    return y;
  }),
  operationKernel(stafGradient, ({ dy, z, frequencies, phases, amplitudes }, _, heap) => {
    const dz = heap.allocate(z.shape);
    heap.kernels.stafGradient(
      sizeOf(z),
      sizeOf(frequencies),
      heap.address(dy),
      heap.address(z),
      heap.address(frequencies),
      heap.address(phases),
      heap.address(amplitudes),
      heap.address(dz),
      heap.scratch,
    );
    return dz;
  }),
  operationKernel(stafTermGradients, ({ dy, z, frequencies, phases, amplitudes }, _, heap) => {
    const gradients = [frequencies, phases, amplitudes].map(({ shape }) => heap.allocate(shape));
    const [dFrequencies, dPhases, dAmplitudes] = gradients;
    heap.kernels.stafTermGradients(
      sizeOf(z),
      sizeOf(frequencies),
      heap.address(dy),
      heap.address(z),
      heap.address(frequencies),
      heap.address(phases),
      heap.address(amplitudes),
      heap.address(dFrequencies),
      heap.address(dPhases),
      heap.address(dAmplitudes),
      heap.scratch,
    );
    return gradients;
  }),
];
