import { countCorrect, softmaxCrossEntropy, softmaxCrossEntropyGradient } from '@harmonic-mlp/core';
import { operationKernel } from './operation-kernel';

/** The loss of a classifier. */
export const crossEntropyKernels = [
  operationKernel(softmaxCrossEntropy, ({ logits, labels }, _, heap) => {
    const [batch, classes] = logits.shape;
    const loss = heap.allocate([]);
    const probabilities = heap.allocate(logits.shape);
    heap.kernels.softmaxCrossEntropy(
      batch,
      classes,
      heap.address(logits),
      heap.address(labels),
      heap.address(loss),
      heap.address(probabilities),
    );
    return [loss, probabilities];
  }),
  operationKernel(softmaxCrossEntropyGradient, ({ dy, probabilities, labels }, _, heap) => {
    const [batch, classes] = probabilities.shape;
    const gradient = heap.allocate(probabilities.shape);
    heap.kernels.softmaxCrossEntropyGradient(
      batch,
      classes,
      heap.address(dy),
      heap.address(probabilities),
      heap.address(labels),
      heap.address(gradient),
    );
    return gradient;
  }),
  operationKernel(countCorrect, ({ logits, labels }, _, heap) => {
    const [batch, classes] = logits.shape;
    const count = heap.allocate([]);
    heap.kernels.countCorrect(
      batch,
      classes,
      heap.address(logits),
      heap.address(labels),
      heap.address(count),
    );
    return count;
  }),
];
