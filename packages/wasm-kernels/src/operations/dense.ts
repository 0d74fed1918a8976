import { dense, denseBiasGradient, denseInputGradient, denseKernelGradient } from '@harmonic-mlp/core';
import { alone } from '../kernel-module';
import { operationKernel } from './operation-kernel';

/** The products of dense layers. */
export const denseKernels = [
  operationKernel(dense, ({ x, kernel, bias }, _, heap) => {
    const [batch, inputs] = x.shape;
    const units = kernel.shape[1];
    const z = heap.allocate([batch, units]);
    heap.kernels.dense(
      batch,
      units,
      inputs,
      heap.address(x),
      heap.address(kernel),
      heap.address(bias),
      heap.address(z),
      heap.scratch,
      heap.scratchBytes,
      ...alone,
    );
    return z;
  }),
  operationKernel(denseInputGradient, ({ dy, kernel }, _, heap) => {
    const [inputs, units] = kernel.shape;
    const [batch] = dy.shape;
    const dx = heap.allocate([batch, inputs]);
    heap.kernels.product(
      batch,
      inputs,
      units,
      heap.address(dy),
      false,
      heap.address(kernel),
      true,
      0,
      heap.address(dx),
      heap.scratch,
      ...alone,
    );
    return dx;
  }),
  operationKernel(denseKernelGradient, ({ x, dy }, _, heap) => {
    const [batch, inputs] = x.shape;
    const units = dy.shape[1];
    const gradient = heap.allocate([inputs, units]);
    heap.kernels.denseKernelGradient(
      batch,
      units,
      inputs,
      heap.address(x),
      heap.address(dy),
      heap.address(gradient),
      heap.scratch,
      heap.scratchBytes,
      ...alone,
    );
    return gradient;
  }),
  operationKernel(denseBiasGradient, ({ dy }, _, heap) => {
    const [batch, units] = dy.shape;
    const gradient = heap.allocate([units]);
    heap.kernels.sumRows(batch, units, heap.address(dy), heap.address(gradient), ...alone);
    return gradient;
  }),
];
