import { fourierFeatures } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';

/** Fourier features of the inputs. */
export const fourierKernels = [
  operationKernel(fourierFeatures, ({ x, frequencies }, _, heap) => {
    const [batch, inputs] = x.shape;
    const features = frequencies.shape[1];
    const y = heap.allocate([batch, 2 * features]);
    heap.kernels.fourierFeatures(
      batch,
      inputs,
      features,
      heap.address(x),
      heap.address(frequencies),
      heap.address(y),
      heap.scratch,
    );
    return y;
  }),
];
