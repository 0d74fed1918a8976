import { applyMask, dropoutMask, keepThreshold } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { alone } from '../kernel-module';
import { keyWords } from './key-words';
import { operationKernel } from './operation-kernel';

/** Dropout, with the same masks as in JavaScript, bit for bit. */
export const dropoutKernels = [
  operationKernel(
    dropoutMask,
    (_, { shape, rate, key }, heap) => {
      const mask = heap.allocate(shape);
      const threshold = keepThreshold(rate);
      heap.kernels.dropoutMask(
        sizeOf(mask),
        key[0],
        key[1],
        // The largest word that is kept; the threshold itself may be 2³², which is not a 32-bit word.
        threshold - 1,
        // At a rate so close to 1 that no word is below the threshold, no word is kept.
        threshold > 0 ? 1 / (1 - rate) : 0,
        heap.address(mask),
        heap.scratch,
        ...alone,
      );
      return mask;
    },
    keyWords,
  ),
  operationKernel(applyMask, ({ x, mask }, _, heap) => {
    const y = heap.allocate(x.shape);
    heap.kernels.applyMask(sizeOf(x), heap.address(x), heap.address(mask), heap.address(y));
    return y;
  }),
];
