import { mul, step, type Tensor2D, relu as tfRelu } from '@tensorflow/tfjs-core';
import { defineOperation } from '../operation';

/** The rectifier, `y = max(0, x)`; its derivative at 0 is taken as 0. */
export const relu = defineOperation({
  name: 'HarmonicMLP.Relu',
  compose: ({ x }: { x: Tensor2D }): Tensor2D => tfRelu(x),
  savedOutputs: [true],
  gradient: (dy, [y]) => ({ x: () => reluGradient({ dy: dy as Tensor2D, y: y as Tensor2D }) }),
});

/** The gradient of {@link relu}: `dy` if the output `y` is greater than 0, else 0. */
export const reluGradient = defineOperation({
  name: 'HarmonicMLP.ReluGradient',
  compose: ({ dy, y }: { dy: Tensor2D; y: Tensor2D }): Tensor2D => mul(dy, step(y)),
});
