import * as core from '@harmonic-mlp/core';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
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

interface Fixture {
  cases: ({ name: string; attributes: Record<string, number> } & Record<
    'outputs' | 'targets' | 'weights',
    FixtureTensor
  > &
    Record<'plain' | 'weighted', { loss: number; gradient: FixtureTensor }>)[];
}

type Loss = (inputs: object, attributes: object) => Tensor[];
const loss = (name: string) => (core as unknown as Record<string, Loss>)[name];

const { cases } = readFixture<Fixture>('losses');

/** The losses of two values, in float64. */
const formulas: Record<string, [(y: number, t: number) => number, object]> = {
  squaredError: [(y, t) => (y - t) ** 2, {}],
  absoluteError: [(y, t) => Math.abs(y - t), {}],
  huberError: [
    (y, t) => (Math.abs(y - t) <= 0.5 ? (y - t) ** 2 / 2 : 0.5 * (Math.abs(y - t) - 0.25)),
    { delta: 0.5 },
  ],
  binaryCrossEntropy: [(z, t) => Math.log1p(Math.exp(-z)) + (1 - t) * z, {}],
};

export function lossSuite(tolerances: SuiteTolerances): void {
  describe('losses', () => {
    it.each(cases)(
      '$name is PyTorch’s',
      async ({ name, attributes, outputs, targets, weights, ...expected }) => {
        const one = { shape: [], data: [1] };
        for (const [kind, more] of [
          ['plain', {}],
          ['weighted', { weights }],
        ] as const) {
          const { results, gradients } = await runWithGradients(
            { outputs, targets, ...more } as Record<'outputs' | 'targets' | 'weights', FixtureTensor>,
            (inputs) => loss(name)(inputs, attributes),
            ['outputs'],
            one,
          );
          expectAllClose(results[0], { shape: [], data: [expected[kind].loss] }, tolerances.results, kind);
          expectAllClose(
            gradients.outputs,
            expected[kind].gradient,
            tolerances.gradients,
            `${kind} gradient`,
          );
        }
      },
    );

    describe.each(Object.entries(formulas))('%s', (name, [formula, attributes]) => {
      it.each([
        [1, 1],
        [3, 2],
        [5, 17],
      ])('compares [%i, %i], and differentiates', async (batch, outputs) => {
        const targets = uniform(42, [batch, outputs], 0, 1);
        const weights = uniform(43, [batch], 0, 2);
        const reference = ({ outputs: y }: Record<'outputs', Values>): Values[] => {
          const terms = y.data.map((value, i) => {
            const weight = weights.data[Math.floor(i / outputs)];
            return (weight * formula(value, targets.data[i])) / y.data.length;
          });
          return [{ shape: [], data: [terms.reduce((total, term) => total + term, 0)] }];
        };
        await withTensors({ targets, weights }, (constants) =>
          expectLikeReference(
            { outputs: uniform(41, [batch, outputs], -2, 2) },
            // The second result is the slope, which the gradient shows.
            ({ outputs }) => tidy(() => loss(name)({ outputs, ...constants }, attributes)[0]),
            reference,
            ['outputs'],
            tolerances,
          ),
        );
      });
    });

    it.each(['binaryCrossEntropy', 'distributionCrossEntropy'])(
      '%s is finite for certain outputs',
      async (name) => {
        const { results, gradients } = await runWithGradients(
          {
            outputs: { shape: [2, 2], data: [200, -200, -200, 200] },
            targets: { shape: [2, 2], data: [1, 0, 1, 0] },
          },
          (inputs) => loss(name)(inputs, {}),
          ['outputs'],
          { shape: [], data: [1] },
        );
        const expected = name === 'binaryCrossEntropy' ? 100 : 200;
        expectAllClose(results[0], { shape: [], data: [expected] });
        for (const value of gradients.outputs.data) expect(Number.isFinite(value)).toBe(true);
      },
    );

    it.each<[string, Record<string, number[]>]>([
      ['targets', { outputs: [2, 3], targets: [2, 2] }],
      ['targets', { outputs: [2, 3], targets: [3] }],
      ['outputs', { outputs: [3], targets: [3] }],
      ['weights', { outputs: [2, 3], targets: [2, 3], weights: [3] }],
    ])('refuse %s of %j', async (argument, shapes) => {
      const values = Object.fromEntries(
        Object.entries(shapes).map(([name, shape], i) => [name, uniform(50 + i, shape)]),
      );
      await withTensors(values, (tensors) => {
        for (const name of cases.map(({ name }) => name)) {
          const { attributes } = cases.find((each) => each.name === name)!;
          expect(() => loss(name)(tensors, attributes), name).toThrow(
            expect.objectContaining({ code: 'INVALID_SHAPE', argument }),
          );
        }
      });
    });
  });
}
