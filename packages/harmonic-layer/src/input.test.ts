import '@tensorflow/tfjs-backend-cpu';
import { setBackend, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { requireInput } from './input';

beforeAll(() => setBackend('cpu'));

describe('requireInput', () => {
  it.each(['float32', 'int32', 'bool'] as const)('lets numbers of %s pass', (dtype) => {
    const x = tensor2d([1, 0], [1, 2], dtype);
    expect(() => requireInput(x, 2)).not.toThrow();
    x.dispose();
  });

  it('refuses texts', () => {
    const x = tensor2d(['a', 'b'], [1, 2]);
    expect(() => requireInput(x, 2)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: 'The input is a tensor of string; it must be of float32.',
      }),
    );
    x.dispose();
  });

  it('refuses a tensor that has been disposed', () => {
    const x = tensor2d([1, 0], [1, 2]);
    x.dispose();
    expect(() => requireInput(x, 2)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: 'The input is a tensor that has been disposed. Dispose of it after its last use.',
      }),
    );
  });

  it.each([undefined, [[1, 2]], { dtype: 'float32', shape: [1, 2] }])(
    'refuses %j, which is not a tensor',
    (x) => {
      expect(() => requireInput(x as unknown as Tensor2D, 2)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('it must be a tensor of shape [batch, 2]'),
        }),
      );
    },
  );
});
