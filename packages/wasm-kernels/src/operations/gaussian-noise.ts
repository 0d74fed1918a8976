import { gaussianNoise } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { alone } from '../kernel-module';
import { keyWords } from './key-words';
import { operationKernel } from './operation-kernel';

/** Gaussian noise, the same as in JavaScript, bit for bit. */
export const gaussianNoiseKernels = [
  operationKernel(
    gaussianNoise,
    (_, { shape, deviation, key }, heap) => {
      const y = heap.allocate(shape);
      heap.kernels.gaussianNoise(
        sizeOf(y),
        key[0],
        key[1],
        deviation,
        heap.address(y),
        heap.scratch,
        ...alone,
      );
      return y;
    },
    keyWords,
  ),
];
