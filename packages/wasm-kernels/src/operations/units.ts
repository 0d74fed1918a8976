import { joinUnits, splitUnits } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';

/** The groups of a layer's units. */
export const unitKernels = [
  operationKernel(splitUnits, ({ x }, { first: ofFirst }, heap) => {
    const [batch, units] = x.shape;
    const first = heap.allocate([batch, ofFirst]);
    const second = heap.allocate([batch, units - ofFirst]);
    heap.kernels.splitUnits(
      batch,
      ofFirst,
      units - ofFirst,
      heap.address(x),
      heap.address(first),
      heap.address(second),
    );
    return [first, second];
  }),
  operationKernel(joinUnits, ({ first, second }, _, heap) => {
    const [batch, ofFirst] = first.shape;
    const [, ofSecond] = second.shape;
    const y = heap.allocate([batch, ofFirst + ofSecond]);
    heap.kernels.joinUnits(
      batch,
      ofFirst,
      ofSecond,
      heap.address(first),
      heap.address(second),
      heap.address(y),
    );
    return y;
  }),
];
