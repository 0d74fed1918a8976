import { layerNorm, layerNormGradient } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';

/** Layer normalization. */
export const layerNormKernels = [
  operationKernel(layerNorm, ({ x, gamma, beta }, { epsilon }, heap) => {
    const [batch, units] = x.shape;
    const y = heap.allocate(x.shape);
    heap.kernels.layerNorm(
      batch,
      units,
      heap.address(x),
      heap.address(gamma),
      heap.address(beta),
      epsilon,
      heap.address(y),
    );
    return y;
  }),
  operationKernel(layerNormGradient, ({ dy, x, gamma }, { epsilon }, heap) => {
    const [batch, units] = x.shape;
    const dx = heap.allocate(x.shape);
    const dGamma = heap.allocate([units]);
    const dBeta = heap.allocate([units]);
    heap.kernels.layerNormGradient(
      batch,
      units,
      heap.address(dy),
      heap.address(x),
      heap.address(gamma),
      epsilon,
      heap.address(dx),
      heap.address(dGamma),
      heap.address(dBeta),
    );
    return [dx, dGamma, dBeta];
  }),
];
