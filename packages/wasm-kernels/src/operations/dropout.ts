import { applyMask, dropoutMask, keepThreshold } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { operationKernel } from './operation-kernel';

/** Dropout, whose masks are the same bit for bit as in JavaScript. */
export const dropoutKernels = [
  operationKernel(dropoutMask, (_, { shape, rate, key }, heap) => {
    const mask = heap.allocate(shape);
    const threshold = keepThreshold(rate);
    heap.kernels.dropoutMask(
      sizeOf(mask),
      key[0],
      key[1],
      // The largest word that is kept. The threshold itself may be 2³², which is no word.
      threshold - 1,
      // For a rate so near to 1 that no word is less than the threshold there is no largest.
      threshold > 0 ? 1 / (1 - rate) : 0,
      heap.address(mask),
      heap.scratch,
    );
    return mask;
  }),
  operationKernel(applyMask, ({ x, mask }, _, heap) => {
    const y = heap.allocate(x.shape);
    heap.kernels.applyMask(sizeOf(x), heap.address(x), heap.address(mask), heap.address(y));
    return y;
  }),
];
