import { dense } from '@harmonic-mlp/core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectLikeReference, read, type SuiteTolerances, uniform, withTensors } from '../check';
import { denseReference } from '../reference';

type Inputs = { x: Tensor2D; kernel: Tensor2D; bias?: Tensor1D };
const run = (inputs: object) => dense(inputs as Inputs);

export function denseSuite(tolerances: SuiteTolerances): void {
  describe('dense', () => {
    // Sizes on both sides of the blocks that a vectorized kernel works in: 4, 6, 8, 16, and 48 numbers at a time.
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

    it.each<['x' | 'kernel' | 'bias', number[], string]>([
      ['x', [2, 3], 'a tensor of shape [batch, 4], since kernel has shape [4,5]'],
      ['x', [4], 'a tensor of shape [batch, 4], since kernel has shape [4,5]'],
      ['kernel', [20], 'a tensor of shape [inputs, units]'],
      ['bias', [4], 'a tensor of shape [5], since kernel has shape [4,5]'],
      ['bias', [1, 5], 'a tensor of shape [5], since kernel has shape [4,5]'],
    ])('refuses %s of shape %j', async (argument, shape, allowed) => {
      const fitting = { x: uniform(1, [2, 4]), kernel: uniform(2, [4, 5]), bias: uniform(3, [5]) };
      await withTensors({ ...fitting, [argument]: uniform(4, shape) }, (inputs) => {
        expect(() => run(inputs)).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument, value: inputs[argument], allowed }),
        );
      });
    });

    it('refuses what is not a tensor', () => {
      expect(() => run({ x: [[1, 2]], kernel: [[1], [2]] })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'kernel', value: [[1], [2]] }),
      );
    });
  });
}
