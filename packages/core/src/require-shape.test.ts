import '@tensorflow/tfjs-backend-cpu';
import { scalar, type Tensor, tensor1d, zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { requireShape } from './require-shape';

it.each<[number[], (number | string)[]]>([
  [[], []],
  [[3], [3]],
  [
    [2, 3],
    ['batch', 3],
  ],
  [
    [0, 3],
    ['batch', 'units'],
  ],
])('returns a tensor of shape %j as one of %j', (shape, expected) => {
  const tensor = zeros(shape);
  expect(requireShape('x', tensor, expected)).toBe(tensor);
  tensor.dispose();
});

it.each<[Tensor, (number | string)[], string]>([
  [zeros([2, 4]), ['batch', 3], 'a tensor of shape [batch, 3]'],
  [tensor1d([1, 2, 3]), ['batch', 3], 'a tensor of shape [batch, 3]'],
  [zeros([2, 3, 1]), ['batch', 3], 'a tensor of shape [batch, 3]'],
  [zeros([1]), [], 'a tensor of shape []'],
  [scalar(1), [1], 'a tensor of shape [1]'],
])('refuses %s as one of %j', (value, shape, allowed) => {
  expect(() => requireShape('x', value, shape)).toThrow(
    expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'x', value, allowed }),
  );
});

it('gives the shape that is the reason', () => {
  const [x, kernel] = [zeros([2, 4]), zeros([3, 5])];
  expect(() => requireShape('x', x, ['batch', 3], { kernel })).toThrow(
    'x is a tensor of shape [2,4]; it must be a tensor of shape [batch, 3], since kernel has shape [3,5].',
  );
});

it.each([undefined, null, 5, [[1, 2]], new Float32Array(2)])('refuses %j, which is not a tensor', (value) => {
  expect(() => requireShape('x', value as never, ['batch', 2])).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'x', value }),
  );
});
