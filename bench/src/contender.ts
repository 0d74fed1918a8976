import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** Something that does training steps of the published model. */
export interface Contender {
  readonly name: string;
  /** One step, to its end: the loss has been read. */
  step(inputs: Tensor2D, labels: Tensor1D): Promise<number>;
}
