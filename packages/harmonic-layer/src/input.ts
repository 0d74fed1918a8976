import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import { Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Checks that the input of a layer or a model is a tensor of numbers. Its shape is checked where it is used.
 *
 * @param x [batch, inputSize].
 * @param inputSize for the message.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else, such as an array.
 */
export function requireInput(x: Tensor2D, inputSize: number): void {
  if (!(x instanceof Tensor)) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `The input is ${describeValue(x)}; it must be a tensor of shape [batch, ${inputSize}], as tf.tensor2d(values, [batch, ${inputSize}]) makes it.`,
    );
  }
  if (x.isDisposed) {
    throw new HarmonicError('INVALID_ARGUMENT', 'The input is a tensor that was disposed. Dispose it later.');
  }
  if (['float32', 'int32', 'bool'].includes(x.dtype)) return;
  throw new HarmonicError('INVALID_ARGUMENT', `The input is a tensor of ${x.dtype}; it must be of float32.`);
}
