import { dense } from '@harmonic-mlp/core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectLikeReference, read, type SuiteTolerances, uniform, withTensors } from '../check';
import { denseReference } from '../reference';

type Inputs = { x: Tensor2D; kernel: Tensor2D; bias?: Tensor1D };
const run = (inputs: object) => dense(inputs as Inputs);

export function denseSuite(tolerances: SuiteTolerances): void {
  describe('dense', () => {
    // Sizes on both sides of what a vectorised kernel works in: 4, 6, 8, 16 and 48 numbers at a time.
    it.each([
      [1, 1, 1],
      [1, 5, 1],
      [2, 1, 7],
      [5, 7, 3],
      [3, 49, 10],
      [9, 17, 13],
      [13, 4, 33],
      [8, 16, 16],
    ])('maps [%i, %i] to %i units, and differentiates', async (batch, inputs, units) => {
      const x = uniform(1, [batch, inputs]);
      const kernel = uniform(2, [inputs, units]);
      const bias = uniform(3, [units]);
      await expectLikeReference<'x' | 'kernel' | 'bias'>(
        { x, kernel, bias },
        run,
        ({ x, kernel, bias }) => [denseReference(x, kernel, bias)],
        ['x', 'kernel', 'bias'],
        tolerances,
      );
      await expectLikeReference<'x' | 'kernel'>(
        { x, kernel },
        run,
        ({ x, kernel }) => [denseReference(x, kernel)],
        ['x', 'kernel'],
        tolerances,
      );
    });

    it('passes NaN and infinities on, to their own example only', async () => {
      const x = { shape: [4, 2], data: [1, 2, Number.NaN, 1, 1, Number.POSITIVE_INFINITY, 3, 4] };
      const kernel = { shape: [2, 3], data: [1, 2, 3, 4, 5, -6] };
      await withTensors({ x, kernel }, async (tensors) => {
        expect((await read(() => run(tensors)))[0].data).toEqual([
          ...[9, 12, -9],
          ...[Number.NaN, Number.NaN, Number.NaN],
          ...[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
          ...[19, 26, -15],
        ]);
      });
    });

    it('refuses widths that do not fit', async () => {
      const x = uniform(1, [2, 3]);
      const kernel = uniform(2, [4, 5]);
      await withTensors({ x, kernel, row: uniform(1, [4]) }, ({ x, kernel, row }) => {
        expect(() => run({ x, kernel })).toThrow(
          expect.objectContaining({
            code: 'INVALID_SHAPE',
            message: 'The input has shape [2,3], but the kernel [4,5] takes [batch, 4].',
          }),
        );
        expect(() => run({ x: row, kernel })).toThrow('The input has shape [4]');
      });
      await withTensors({ x: uniform(1, [2, 4]), kernel, bias: uniform(3, [4]) }, (inputs) => {
        expect(() => run(inputs)).toThrow(
          expect.objectContaining({
            code: 'INVALID_SHAPE',
            message: 'The bias has shape [4], but the kernel [4,5] needs [5].',
          }),
        );
      });
    });
  });
}
