import { type AdamStepAttributes, adamStep, adamStepFactors } from '@harmonic-mlp/core';
import { sizeOf } from '../heap';
import { alone } from '../kernel-module';
import { operationKernel } from './operation-kernel';

const factors = {
  first: 16,
  of(attributes: AdamStepAttributes): [number, number, number] {
    const { stepSize, rootCorrection, shrinkage } = adamStepFactors(attributes);
    return [shrinkage, rootCorrection, stepSize];
  },
};

/** Adam's step, in one pass over the parameter, its gradient and both moments. */
export const adamKernels = [
  operationKernel(
    adamStep,
    (inputs, attributes, heap) => {
      const { parameter, gradient, gradientScale, firstMoment, secondMoment } = inputs;
      const { beta1, beta2, epsilon, weightDecay, weightDecayMode } = attributes;
      const w = heap.allocate(parameter.shape);
      const m = heap.allocate(parameter.shape);
      const v = heap.allocate(parameter.shape);
      const size = sizeOf(parameter);
      const columns = gradientScale?.shape[0] ?? size;
      heap.kernels.adamStep(
        columns === 0 ? 0 : size / columns,
        columns,
        heap.address(parameter),
        heap.address(gradient),
        heap.address(gradientScale),
        heap.address(firstMoment),
        heap.address(secondMoment),
        heap.address(w),
        heap.address(m),
        heap.address(v),
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        epsilon,
        weightDecayMode === 'l2' ? weightDecay : 0,
        ...factors.of(attributes),
        ...alone,
      );
      return [w, m, v];
    },
    factors,
  ),
];
