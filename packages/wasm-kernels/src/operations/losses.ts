import {
  absoluteError,
  binaryCrossEntropy,
  distributionCrossEntropy,
  huberError,
  type KernelFor,
  lossGradient,
  squaredError,
} from '@harmonic-mlp/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelHeap, sizeOf } from '../heap';
import { operationKernel } from './operation-kernel';

/** The sizes and addresses of a loss's inputs, and the addresses of its outputs. */
type Places = [
  inputs: [batch: number, width: number, outputs: number, targets: number, weights: number],
  loss: number,
  slope: number,
];

/** Allocates the outputs of a loss, and lets `run` compute them. */
function evaluate(
  { outputs, targets, weights }: Parameters<KernelFor<typeof squaredError>>[0]['inputs'],
  heap: KernelHeap,
  run: (...places: Places) => void,
): TensorInfo[] {
  const [batch, width] = outputs.shape;
  const loss = heap.allocate([]);
  const slope = heap.allocate(outputs.shape);
  const [y, t, w] = [outputs, targets, weights].map((tensor) => heap.address(tensor));
  run([batch, width, y, t, w], heap.address(loss), heap.address(slope));
  return [loss, slope];
}

/** The losses of outputs and targets of the same shape, and the gradient of any loss. */
export const lossKernels = [
  operationKernel(squaredError, (inputs, _, heap) =>
    evaluate(inputs, heap, (given, loss, slope) =>
      heap.kernels.squaredError(...given, loss, slope, heap.scratch),
    ),
  ),
  operationKernel(absoluteError, (inputs, _, heap) =>
    evaluate(inputs, heap, (given, loss, slope) =>
      heap.kernels.absoluteError(...given, loss, slope, heap.scratch),
    ),
  ),
  operationKernel(huberError, (inputs, { delta }, heap) =>
    evaluate(inputs, heap, (given, loss, slope) =>
      heap.kernels.huberError(...given, delta, loss, slope, heap.scratch),
    ),
  ),
  operationKernel(binaryCrossEntropy, (inputs, _, heap) =>
    evaluate(inputs, heap, (given, loss, slope) =>
      heap.kernels.binaryCrossEntropy(...given, loss, slope, heap.scratch),
    ),
  ),
  operationKernel(distributionCrossEntropy, (inputs, _, heap) =>
    evaluate(inputs, heap, (given, loss, slope) =>
      heap.kernels.distributionCrossEntropy(...given, loss, slope),
    ),
  ),
  operationKernel(lossGradient, ({ dy, slope }, _, heap) => {
    const gradient = heap.allocate(slope.shape);
    heap.kernels.lossGradient(sizeOf(slope), heap.address(dy), heap.address(slope), heap.address(gradient));
    return gradient;
  }),
];
