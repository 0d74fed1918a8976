import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import { Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Checks that the input of a layer or model is a tensor of numbers. Its shape is checked where it is used.
 *
 * @param x [batch, inputSize].
 * @param inputSize the expected width, for the message.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else, such as an array.
 */
export function requireInput(x: Tensor2D, inputSize: number): void {
  const refuse = (is: string, allowed: string) => {
    const problem = `The input is ${is}; it must be ${allowed}.`;
    throw new HarmonicError('INVALID_ARGUMENT', { argument: 'x', value: x, allowed, problem });
  };
  const shape = `[batch, ${inputSize}]`;
  if (!(x instanceof Tensor)) {
    refuse(describeValue(x), `a tensor of shape ${shape}, such as tf.tensor2d(values, ${shape})`);
  }
  if (x.isDisposed) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'x',
      value: x,
      allowed: 'a tensor that has not been disposed',
      problem: 'The input is a tensor that has been disposed.',
      fix: 'Dispose of it after its last use.',
    });
  }
  if (!['float32', 'int32', 'bool'].includes(x.dtype)) refuse(`a tensor of ${x.dtype}`, 'of float32');
}
