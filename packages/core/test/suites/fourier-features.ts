import { fourierFeatures } from '@harmonic-mlp/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { read, type SuiteTolerances, uniform, withTensors } from '../check';

/** `waves` are the tolerances for results that involve a sine or cosine. */
export function fourierFeatureSuite(waves: SuiteTolerances): void {
  describe('Fourier features', () => {
    it.each([
      [1, 1, 1],
      [3, 2, 5],
      [5, 3, 16],
    ])('of %i examples of %i inputs are %i sines, then as many cosines', async (batch, inputs, features) => {
      const x = uniform(81, [batch, inputs]);
      const frequencies = uniform(82, [inputs, features], -3, 3);
      const data = Array.from({ length: batch }, (_, row) => {
        const phases = Array.from({ length: features }, (_, column) =>
          x.data
            .slice(row * inputs, (row + 1) * inputs)
            .reduce(
              (sum, value, i) => sum + 2 * Math.PI * value * frequencies.data[i * features + column],
              0,
            ),
        );
        return [...phases.map(Math.sin), ...phases.map(Math.cos)];
      });
      await withTensors({ x, frequencies }, async (tensors) => {
        const [y] = await read(() => fourierFeatures(tensors as Record<'x' | 'frequencies', Tensor2D>));
        // Float32 rounds phases of up to 57 radians by up to 4e-6.
        const { absolute = 0 } = waves.results;
        const tolerance = { ...waves.results, absolute: Math.max(absolute, 4e-6) };
        expectAllClose(y, { shape: [batch, 2 * features], data: data.flat() }, tolerance);
      });
    });

    it('refuses frequencies for another number of inputs', async () => {
      await withTensors({ x: uniform(1, [2, 3]), frequencies: uniform(2, [2, 4]) }, (tensors) => {
        expect(() => fourierFeatures(tensors as Record<'x' | 'frequencies', Tensor2D>)).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'x' }),
        );
      });
    });
  });
}
