import { mul, type Tensor2D, tensor, tidy } from '@tensorflow/tfjs-core';
import { defineOperation, type Operation } from '../operation';
import { type RandomKey, randomBits, requireKey } from '../random';
import { requireShape } from '../require-shape';
import { type Bounds, requireOptions } from '../requirements';
import { requireAttributes, requireLengths } from './require-attributes';

const rateBounds: Bounds = { min: 0, below: 1 };

/** Settings of a dropout mask. */
export interface DropoutMaskAttributes {
  /** The mask's shape. */
  shape: [number, number];
  /** The probability that an element is dropped, in [0, 1). */
  rate: number;
  /** The random stream; its word i decides element i. */
  key: RandomKey;
}

/**
 * An inverted dropout mask (Srivastava et al., 2014): each element is 0 with probability `rate`, otherwise `1/(1 − rate)`.
 * Element i is kept if the stream's 32-bit word i is less than `(1 − rate)·2^32`. This is an integer comparison, so the same
 * key gives the same mask on every backend.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting that is out of bounds or unknown.
 */
export const dropoutMask = defineOperation({
  name: 'HarmonicMLP.DropoutMask',
  dynamicAttributes: ['key'],
  validate(_: Record<never, never>, attributes: DropoutMaskAttributes) {
    requireAttributes(attributes, 'dropoutMask({}, { shape: [128, 512], rate: 0.2, key })', {
      shape: requireLengths,
      rate: rateBounds,
      key: requireKey,
    });
  },
  compose(_, { shape, rate, key }): Tensor2D {
    const words = randomBits(key, new Uint32Array(shape[0] * shape[1]));
    const threshold = keepThreshold(rate);
    // A table lookup, because a branch would be mispredicted half the time and take four times as long.
    const choice = Float32Array.of(0, 1 / (1 - rate));
    const values = new Float32Array(words.length);
    for (let i = 0; i < words.length; i++) values[i] = choice[Number(words[i] < threshold)];
    return tensor(values, shape);
  },
});

/** An element is kept if its random 32-bit word is less than this. */
export const keepThreshold = (rate: number): number => Math.round((1 - rate) * 2 ** 32);

/**
 * Multiplies `x` by a mask of the same shape. The mask has no gradient.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ.
 */
export const applyMask: Operation<{ x: Tensor2D; mask: Tensor2D }, object, Tensor2D> = defineOperation({
  name: 'HarmonicMLP.ApplyMask',
  validate({ x, mask }) {
    requireShape('mask', mask, x.shape, { x });
  },
  compose: ({ x, mask }): Tensor2D => mul(x, mask),
  savedInputs: ['mask'],
  gradient: (dy, [mask]) => ({ x: () => applyMask({ x: dy as Tensor2D, mask: mask as Tensor2D }) }),
});

/**
 * Inverted dropout of `x`: {@link dropoutMask} and {@link applyMask}. The mask is drawn once and used in both the forward and
 * the backward pass.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` for a tensor of another rank; `INVALID_ARGUMENT` for an option that is out of
 *   bounds or unknown.
 */
export function dropout(x: Tensor2D, options: { rate: number; key: RandomKey }): Tensor2D {
  const { rate, key } = requireOptions('options', options, 'dropout(x, { rate: 0.2, key })', {
    rate: true,
    key: true,
  });
  requireShape('x', x, ['batch', 'units']);
  return tidy(() => applyMask({ x, mask: dropoutMask({}, { shape: x.shape, rate, key }) }));
}
