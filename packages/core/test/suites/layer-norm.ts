import { layerNorm } from '@harmonic-mlp/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { type FixtureTensor, readFixture } from '../../../../test/support/fixtures';
import {
  expectLikeReference,
  runWithGradients,
  type SuiteTolerances,
  uniform,
  type Values,
  withTensors,
} from '../check';

interface Fixture extends Record<'x' | 'gamma' | 'beta' | 'y' | 'dy', FixtureTensor> {
  epsilon: number;
  gradients: Record<'x' | 'gamma' | 'beta', FixtureTensor>;
}

const run = (inputs: Record<string, Tensor>, epsilon: number) =>
  layerNorm(inputs as unknown as Parameters<typeof layerNorm>[0], { epsilon });

function reference(x: Values, gamma: Values, beta: Values, epsilon: number): Values {
  const [batch, units] = x.shape;
  const data = Array.from({ length: batch }, (_, row) => {
    const values = x.data.slice(row * units, (row + 1) * units);
    const mean = values.reduce((a, b) => a + b) / units;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / units;
    return values.map(
      (value, i) => (gamma.data[i] * (value - mean)) / Math.sqrt(variance + epsilon) + beta.data[i],
    );
  });
  return { shape: [batch, units], data: data.flat() };
}

export function layerNormSuite(tolerances: SuiteTolerances): void {
  describe('layer norm', () => {
    it('is PyTorch’s', async () => {
      const { x, gamma, beta, epsilon, y, dy, gradients: expected } = readFixture<Fixture>('layer-norm');
      const { results, gradients } = await runWithGradients(
        { x, gamma, beta },
        (inputs) => run(inputs, epsilon),
        ['x', 'gamma', 'beta'],
        dy,
      );
      expectAllClose(results[0], y, tolerances.results);
      for (const name of ['x', 'gamma', 'beta'] as const)
        expectAllClose(gradients[name], expected[name], tolerances.gradients, name);
    });

    it.each([
      [1, 3],
      [3, 7],
      [5, 16],
    ])('normalizes [%i, %i], and differentiates', async (batch, units) => {
      const inputs = {
        x: uniform(71, [batch, units], -2, 3),
        gamma: uniform(72, [units], 0.5, 2),
        beta: uniform(73, [units]),
      };
      await expectLikeReference(
        inputs,
        (tensors) => run(tensors, 1e-3),
        ({ x, gamma, beta }) => [reference(x, gamma, beta, 1e-3)],
        ['x', 'gamma', 'beta'],
        tolerances,
      );
    });

    it.each(['gamma', 'beta'])('refuses a %s of another width', async (argument) => {
      const values = {
        x: uniform(1, [2, 3]),
        gamma: uniform(2, [3]),
        beta: uniform(3, [3]),
        [argument]: uniform(4, [2]),
      };
      await withTensors(values, (tensors) => {
        expect(() => run(tensors, 1e-5)).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument }),
        );
        expect(() => run(tensors, -1)).toThrow(
          expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'epsilon' }),
        );
      });
    });
  });
}
