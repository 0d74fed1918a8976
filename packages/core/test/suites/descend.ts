import { descend } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { read, type SuiteTolerances, uniform, withTensors } from '../check';

export function descendSuite({ results }: SuiteTolerances): void {
  describe('A step of gradient descent', () => {
    it.each([[[1]], [[7]], [[3, 5]], [[16, 4]]])(
      'is the parameter less the update times the rate, of shape [%s]',
      async (shape) => {
        const [parameter, update] = [uniform(91, shape), uniform(92, shape)];
        const data = parameter.data.map((value, i) => value - 0.3 * update.data[i]);
        await withTensors({ parameter, update }, async (tensors) => {
          const [next] = await read(() => descend(tensors as never, { learningRate: 0.3 }));
          expectAllClose(next, { shape, data }, { ...results, absolute: 1e-6 });
        });
      },
    );

    it.each([
      [{ learningRate: Number.NaN }, 'INVALID_ARGUMENT', 'learningRate'],
      [{ learningRate: 0.1, rate: 1 }, 'INVALID_ARGUMENT', 'rate'],
    ])('refuses %o', async (attributes, code, argument) => {
      await withTensors({ parameter: uniform(1, [2]), update: uniform(2, [2]) }, (tensors) => {
        expect(() => descend(tensors as never, attributes)).toThrow(
          expect.objectContaining({ code, argument }),
        );
      });
    });

    it('refuses an update of another shape', async () => {
      await withTensors({ parameter: uniform(1, [2]), update: uniform(2, [3]) }, (tensors) => {
        expect(() => descend(tensors as never, { learningRate: 0.1 })).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'update' }),
        );
      });
    });
  });
}
