import type { Tensor } from '@tensorflow/tfjs-core';
import { HarmonicError } from './errors';

/**
 * Checks that a value is a tensor of a given shape, and returns it.
 *
 * @param argument its name in the error.
 * @param shape the length of each axis, or a name for an axis of any length: `['batch', 784]`.
 * @param because the tensor that determines the shape, by name: `{ kernel }`.
 * @throws {HarmonicError} `INVALID_SHAPE` for a tensor of another shape, `INVALID_ARGUMENT` for anything else.
 */
export function requireShape<T extends Tensor>(
  argument: string,
  value: T,
  shape: readonly (number | string)[],
  because: { readonly [name: string]: Tensor } = {},
): T {
  const actual: unknown = (value as T | null | undefined)?.shape;
  const isTensor = Array.isArray(actual);
  const fits =
    isTensor &&
    actual.length === shape.length &&
    shape.every((length, axis) => typeof length === 'string' || length === actual[axis]);
  if (fits) return value;
  const [reason] = Object.entries(because).map(([name, { shape }]) => `, since ${name} has shape [${shape}]`);
  throw new HarmonicError(isTensor ? 'INVALID_SHAPE' : 'INVALID_ARGUMENT', {
    argument,
    value,
    allowed: `a tensor of shape [${shape.join(', ')}]${reason ?? ''}`,
  });
}
