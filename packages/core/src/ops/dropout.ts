import { mul, type Tensor2D, tensor, tidy, util } from '@tensorflow/tfjs-core';
import { HarmonicError } from '../errors';
import { defineOperation, type Operation } from '../operation';
import { type RandomKey, randomBits } from '../random';

/** Settings of a dropout mask. */
export interface DropoutMaskAttributes {
  /** The mask's shape. */
  shape: [number, number];
  /** The probability that an element is dropped, in [0, 1). */
  rate: number;
  /** The random stream; element i is decided by the stream's word i. */
  key: RandomKey;
}

/**
 * A mask of inverted dropout (Srivastava et al., 2014): each element is 0 with probability `rate`, otherwise
 * `1/(1 − rate)`. Element i is kept when the stream's 32-bit word i is less than `(1 − rate)·2^32`: an integer
 * comparison, so the same key gives the same mask on every backend.
 */
export const dropoutMask = defineOperation({
  name: 'HarmonicMLP.DropoutMask',
  dynamicAttributes: ['key'],
  compose(_: Record<never, never>, { shape, rate, key }: DropoutMaskAttributes): Tensor2D {
    const words = randomBits(key, new Uint32Array(shape[0] * shape[1]));
    const threshold = keepThreshold(rate);
    // Looked up: which way a branch goes could not be foretold, and takes four times as long.
    const choice = Float32Array.of(0, 1 / (1 - rate));
    const values = new Float32Array(words.length);
    for (let i = 0; i < words.length; i++) values[i] = choice[Number(words[i] < threshold)];
    return tensor(values, shape);
  },
});

/** An element is kept when its random 32-bit word is less than this. */
export const keepThreshold = (rate: number): number => Math.round((1 - rate) * 2 ** 32);

/**
 * Multiplies `x` by a mask of the same shape, which is not differentiated.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` when the shapes differ.
 */
export const applyMask: Operation<{ x: Tensor2D; mask: Tensor2D }, object, Tensor2D> = defineOperation({
  name: 'HarmonicMLP.ApplyMask',
  validate({ x, mask }) {
    if (!util.arraysEqual(x.shape, mask.shape)) {
      throw new HarmonicError(
        'INVALID_SHAPE',
        `The mask has shape [${mask.shape}]; it must have the input's shape, [${x.shape}].`,
      );
    }
  },
  compose: ({ x, mask }): Tensor2D => mul(x, mask),
  savedInputs: ['mask'],
  gradient: (dy, [mask]) => ({ x: () => applyMask({ x: dy as Tensor2D, mask: mask as Tensor2D }) }),
});

/**
 * Inverted dropout of `x`: {@link dropoutMask} and {@link applyMask}. The mask is drawn once and serves the
 * forward and the backward pass.
 */
export function dropout(x: Tensor2D, { rate, key }: { rate: number; key: RandomKey }): Tensor2D {
  return tidy(() => applyMask({ x, mask: dropoutMask({}, { shape: x.shape, rate, key }) }));
}
