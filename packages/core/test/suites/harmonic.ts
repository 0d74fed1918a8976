import { dense, harmonic } from '@harmonic-mlp/core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { type FixtureTensor, readFixture } from '../../../../test/support/fixtures';
import {
  expectLikeReference,
  read,
  runWithGradients,
  type SuiteTolerances,
  uniform,
  withTensors,
} from '../check';
import { harmonicReference } from '../reference';

interface Fixture {
  cases: ({ name: string; residual: number } & Record<
    'x' | 'kernel' | 'bias' | 'periods' | 'z' | 'y' | 'dy',
    FixtureTensor
  > & { gradients: Record<'x' | 'kernel' | 'bias' | 'periods', FixtureTensor> })[];
}

const activate = ({ z, periods }: Record<string, Tensor>, residual: number) =>
  harmonic({ z: z as Tensor2D, periods: periods as Tensor1D }, { residual });

/** `waves` are the tolerances for results that involve a sine or cosine. */
export function harmonicSuite(tolerances: SuiteTolerances, waves: SuiteTolerances): void {
  describe('harmonic', () => {
    it.each(readFixture<Fixture>('harmonic-layer').cases)(
      'is PyTorch’s after dense: $name',
      async (fixture) => {
        const { x, kernel, bias, periods, residual, dy } = fixture;
        const { results, gradients } = await runWithGradients(
          { x, kernel, bias, periods },
          ({ periods, ...inputs }) => {
            const z = dense(inputs as unknown as { x: Tensor2D; kernel: Tensor2D; bias: Tensor1D });
            const y = activate({ z, periods }, residual);
            return [y, z];
          },
          ['x', 'kernel', 'bias', 'periods'],
          dy,
        );
        expectAllClose(results[0], fixture.y, waves.results, 'y');
        expectAllClose(results[1], fixture.z, tolerances.results, 'z');
        for (const name of ['x', 'kernel', 'bias'] as const) {
          const label = `gradient by ${name}`;
          expectAllClose(gradients[name], fixture.gradients[name], waves.gradients, label);
        }
        // The batch's terms are larger than their sum, and the only unit of one case has no larger one next to it.
        const tolerance = { ...waves.gradients, absolute: 1e-5 };
        expectAllClose(gradients.periods, fixture.gradients.periods, tolerance, 'gradient by periods');
      },
    );

    it.each([
      [1, 1, 0.1],
      [1, 3, 0.1],
      [5, 1, 0],
      [7, 9, 0.1],
      [3, 16, 0],
      [2, 33, -0.5],
    ])('activates [%i, %i] with residual %d, and differentiates', async (batch, units, residual) => {
      await expectLikeReference(
        { z: uniform(11, [batch, units], -3, 3), periods: uniform(12, [units], 0.5, 5) },
        (inputs) => activate(inputs, residual),
        ({ z, periods }) => [harmonicReference(z, periods, residual)],
        ['z', 'periods'],
        waves,
      );
    });

    it('is as exact at large pre-activations as float32 phases allow', async () => {
      const z = uniform(13, [16, 8], -1000, 1000);
      const periods = uniform(14, [8], 1, 10);
      const largestPhase = Math.max(
        ...z.data.map((v, i) => Math.abs((2 * Math.PI * v) / periods.data[i % 8])),
      );
      await withTensors({ z, periods }, async (tensors) => {
        const [y] = await read(() => activate(tensors, 0));
        // 2π/p and its product with z are each rounded: twice half a unit in the last place of the phase.
        expectAllClose(y, harmonicReference(z, periods, 0), { absolute: largestPhase * 2 ** -23 + 1e-6 });
        for (const value of y.data) expect(Math.abs(value)).toBeLessThanOrEqual(1);
      });
    });

    it('has the values and slopes of a sine at quarters of the period', async () => {
      const z = { shape: [5, 1], data: [0, 0.5, 1, 1.5, 2] };
      const { results, gradients } = await runWithGradients(
        { z, periods: { shape: [1], data: [2] } },
        (inputs) => activate(inputs, 0.1),
        ['z'],
        { shape: [5, 1], data: [1, 1, 1, 1, 1] },
      );
      expectAllClose(results[0], { shape: [5, 1], data: [0, 1.05, 0.1, -0.85, 0.2] }, { absolute: 1e-6 });
      const slopes = [Math.PI + 0.1, 0.1, 0.1 - Math.PI, 0.1, Math.PI + 0.1];
      expectAllClose(gradients.z, { shape: [5, 1], data: slopes }, { absolute: 1e-5 });
    });

    it('passes NaN on, to its own element only, and gives NaN at infinities', async () => {
      const data = [Number.NaN, 0, Number.POSITIVE_INFINITY, 0, 0, Number.NEGATIVE_INFINITY];
      const { results, gradients } = await runWithGradients(
        { z: { shape: [3, 2], data }, periods: { shape: [2], data: [1, 2] } },
        (inputs) => activate(inputs, 0.1),
        ['z'],
        { shape: [3, 2], data: [1, 1, 1, 1, 1, 1] },
      );
      const notANumber = [true, false, true, false, false, true];
      expect(results[0].data.map(Number.isNaN)).toEqual(notANumber);
      expect(gradients.z.data.map(Number.isNaN)).toEqual(notANumber);
    });

    it.each<['z' | 'periods', number[], number[]]>([
      ['periods', [2, 3], [2]],
      ['periods', [2, 3], [1]],
      ['periods', [2, 3], [1, 3]],
      ['z', [3], [3]],
    ])('refuses %s: pre-activations of shape %j with periods of shape %j', async (argument, z, periods) => {
      await withTensors({ z: uniform(1, z), periods: uniform(2, periods, 1, 2) }, (inputs) => {
        expect(() => activate(inputs, 0.1)).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument, value: inputs[argument] }),
        );
      });
    });

    it.each([undefined, Number.NaN, '0.1'])('refuses a residual of %j', async (residual) => {
      await withTensors({ z: uniform(1, [2, 3]), periods: uniform(2, [3], 1, 2) }, (inputs) => {
        expect(() => activate(inputs, residual as number)).toThrow(
          expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'residual', value: residual }),
        );
      });
    });
  });
}
