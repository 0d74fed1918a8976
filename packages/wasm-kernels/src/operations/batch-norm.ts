import { batchNorm, batchNormGradient, batchNormInference } from '@harmonic-mlp/core';
import { alone } from '../kernel-module';
import { operationKernel } from './operation-kernel';

/** Batch normalization. */
export const batchNormKernels = [
  operationKernel(
    batchNorm,
    ({ x, gamma, beta, runningMean, runningVariance }, { epsilon, momentum }, heap) => {
      const [batch, units] = x.shape;
      const y = heap.allocate(x.shape);
      const mean = heap.allocate([units]);
      const inverseDeviation = heap.allocate([units]);
      const newMean = heap.allocate([units]);
      const newVariance = heap.allocate([units]);
      heap.kernels.batchNorm(
        batch,
        units,
        heap.address(x),
        heap.address(gamma),
        heap.address(beta),
        heap.address(runningMean),
        heap.address(runningVariance),
        epsilon,
        momentum,
        1 - momentum,
        heap.address(y),
        heap.address(mean),
        heap.address(inverseDeviation),
        heap.address(newMean),
        heap.address(newVariance),
        ...alone,
      );
      return [y, mean, inverseDeviation, newMean, newVariance];
    },
  ),
  operationKernel(batchNormGradient, ({ dy, x, gamma, mean, inverseDeviation }, _, heap) => {
    const [batch, units] = x.shape;
    const dx = heap.allocate(x.shape);
    const dGamma = heap.allocate([units]);
    const dBeta = heap.allocate([units]);
    heap.kernels.batchNormGradient(
      batch,
      units,
      heap.address(dy),
      heap.address(x),
      heap.address(gamma),
      heap.address(mean),
      heap.address(inverseDeviation),
      heap.address(dx),
      heap.address(dGamma),
      heap.address(dBeta),
      ...alone,
    );
    return [dx, dGamma, dBeta];
  }),
  operationKernel(
    batchNormInference,
    ({ x, gamma, beta, runningMean, runningVariance }, { epsilon }, heap) => {
      const [batch, units] = x.shape;
      const y = heap.allocate(x.shape);
      heap.kernels.batchNormInference(
        batch,
        units,
        heap.address(x),
        heap.address(gamma),
        heap.address(beta),
        heap.address(runningMean),
        heap.address(runningVariance),
        epsilon,
        heap.address(y),
      );
      return y;
    },
  ),
];
