import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import { cast, Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Checks a model's input, and makes floats of integers.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` when it is no tensor of numbers, `INVALID_SHAPE` when it is of another width.
 */
export function requireInput(x: Tensor2D, inputSize: number): Tensor2D {
  if (!(x instanceof Tensor)) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `The input is ${describeValue(x)}; it must be a tensor of shape [batch, ${inputSize}], as tf.tensor2d(values, [batch, ${inputSize}]) makes it.`,
    );
  }
  if (x.isDisposed) {
    throw new HarmonicError('INVALID_ARGUMENT', 'The input is a tensor that was disposed. Dispose it later.');
  }
  const shape: number[] = x.shape;
  if (shape.length !== 2 || shape[1] !== inputSize) {
    const isOne = shape.length === 1 && shape[0] === inputSize;
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The input has shape [${shape}], but this model takes [batch, ${inputSize}].${isOne ? ` Make a batch of one of it: tf.reshape(x, [1, ${inputSize}]).` : ''}`,
    );
  }
  if (x.dtype === 'float32') return x;
  if (x.dtype === 'int32' || x.dtype === 'bool') return cast(x, 'float32');
  throw new HarmonicError('INVALID_ARGUMENT', `The input is a tensor of ${x.dtype}; it must be of float32.`);
}
