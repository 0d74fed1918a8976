import { relu } from '@harmonic-mlp/core';
import { getBackend, type Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectLikeReference, runWithGradients, type SuiteTolerances, uniform } from '../check';
import { reluReference } from '../reference';

const run = ({ x }: { x: unknown }) => relu({ x: x as Tensor2D });

export function reluSuite(tolerances: SuiteTolerances): void {
  describe('relu', () => {
    it.each([
      [1, 1],
      [1, 9],
      [5, 3],
      [4, 16],
    ])('rectifies [%i, %i], and differentiates', async (batch, units) => {
      const x = uniform(21, [batch, units]);
      await expectLikeReference({ x }, run, ({ x }) => [reluReference(x)], ['x'], tolerances);
    });

    it('is 0 with slope 0 at 0, and passes NaN and infinity on', async () => {
      const { results, gradients } = await runWithGradients(
        { x: { shape: [1, 5], data: [0, -2, 3, Number.NaN, Number.POSITIVE_INFINITY] } },
        run,
        ['x'],
        { shape: [1, 5], data: [7, 7, 7, 7, 7] },
      );
      // The webgl backend multiplies negative values by 0, which keeps the sign.
      const negative = getBackend() === 'webgl' ? -0 : 0;
      expect(results[0].data).toEqual([0, negative, 3, Number.NaN, Number.POSITIVE_INFINITY]);
      // The slope where the output is NaN differs between backends.
      expect(gradients.x.data.filter((_, i) => i !== 3)).toEqual([0, 0, 7, 7]);
    });
  });
}
