import { batchNorm, batchNormInference } from '@harmonic-mlp/core';
import type { Tensor } from '@tensorflow/tfjs-core';
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
import { batchNormInferenceReference, batchNormReference } from '../reference';

interface Fixture {
  epsilon: number;
  momentum: number;
  gamma: FixtureTensor;
  beta: FixtureTensor;
  initial: Record<'runningMean' | 'runningVariance', FixtureTensor>;
  training: (Record<'x' | 'y' | 'dy' | 'runningMean' | 'runningVariance', FixtureTensor> & {
    gradients: Record<'x' | 'gamma' | 'beta', FixtureTensor>;
  })[];
  evaluation: Record<'x' | 'y', FixtureTensor>;
}

type Inputs = Parameters<typeof batchNorm>[0];
const settings = { epsilon: 1e-5, momentum: 0.1 };
const train = (inputs: Record<string, Tensor>, attributes = settings) =>
  batchNorm(inputs as unknown as Inputs, attributes);
const infer = (inputs: Record<string, Tensor>, epsilon = settings.epsilon) =>
  batchNormInference(inputs as unknown as Inputs, { epsilon });

const random = (batch: number, units: number) => ({
  x: uniform(31, [batch, units], -2, 3),
  gamma: uniform(32, [units], 0.5, 1.5),
  beta: uniform(33, [units]),
  runningMean: uniform(34, [units]),
  runningVariance: uniform(35, [units], 0.5, 2),
});

export function batchNormSuite(tolerances: SuiteTolerances): void {
  describe('batchNorm', () => {
    it('is PyTorch’s: two batches in training, then inference', async () => {
      const { gamma, beta, initial, training, evaluation, epsilon, momentum } =
        readFixture<Fixture>('batch-norm');
      let { runningMean, runningVariance } = initial;
      for (const [i, step] of training.entries()) {
        const { results, gradients } = await runWithGradients(
          { x: step.x, gamma, beta, runningMean, runningVariance },
          (inputs) => train(inputs, { epsilon, momentum }),
          ['x', 'gamma', 'beta'],
          step.dy,
        );
        const [y, , , newMean, newVariance] = results;
        expectAllClose(y, step.y, tolerances.results, `y of batch ${i}`);
        expectAllClose(newMean, step.runningMean, tolerances.results, `running mean after batch ${i}`);
        expectAllClose(newVariance, step.runningVariance, tolerances.results, `running variance ${i}`);
        for (const name of ['x', 'gamma', 'beta'] as const) {
          const label = `gradient by ${name} of batch ${i}`;
          expectAllClose(gradients[name], step.gradients[name], tolerances.gradients, label);
        }
        runningMean = newMean;
        runningVariance = newVariance;
      }
      await withTensors({ x: evaluation.x, gamma, beta, runningMean, runningVariance }, async (inputs) => {
        const [y] = await read(() => infer(inputs, epsilon));
        expectAllClose(y, evaluation.y, tolerances.results, 'y in inference');
      });
    });

    it.each([
      [3, 1],
      [5, 7],
      [16, 16],
      [33, 9],
    ])('normalizes [%i, %i], gives the statistics, and differentiates', async (batch, units) => {
      await expectLikeReference(
        random(batch, units),
        (inputs) => train(inputs),
        (inputs) => batchNormReference(inputs, settings),
        ['x', 'gamma', 'beta'],
        tolerances,
      );
    });

    it('normalizes a batch of two', async () => {
      await expectLikeReference(
        random(2, 3),
        (inputs) => train(inputs, { epsilon: 0.5, momentum: 0.25 }),
        (inputs) => batchNormReference(inputs, { epsilon: 0.5, momentum: 0.25 }),
        // With a small epsilon, the gradient with respect to x would be 0 up to rounding.
        ['x', 'gamma', 'beta'],
        tolerances,
      );
    });

    it('gives beta for a unit that is constant, and no gradient by gamma', async () => {
      const inputs = { ...random(4, 1), x: { shape: [4, 1], data: [3, 3, 3, 3] } };
      const { results, gradients } = await runWithGradients(
        inputs,
        (tensors) => train(tensors),
        ['x', 'gamma', 'beta'],
        { shape: [4, 1], data: [1, 2, 3, 4] },
      );
      expectAllClose(results[0], { shape: [4, 1], data: Array(4).fill(inputs.beta.data[0]) });
      expectAllClose(results[2], [1 / Math.sqrt(1e-5)]);
      expect(gradients.gamma.data).toEqual([0]);
      expect(gradients.beta.data).toEqual([10]);
    });

    it('is exact where the mean is large beside the deviation', async () => {
      // E[x²] − E[x]² in float32 would lose every digit here.
      const x = { shape: [4, 1], data: [4096, 4097, 4098, 4099] };
      await withTensors({ ...random(4, 1), x }, async (inputs) => {
        const [, mean, inverseDeviation] = await read(() => train(inputs));
        expectAllClose(mean, [4097.5]);
        expectAllClose(inverseDeviation, [1 / Math.sqrt(1.25 + 1e-5)]);
      });
    });

    it('passes NaN on, to its own unit only', async () => {
      const inputs = random(3, 3);
      const x = { shape: [3, 3], data: [...inputs.x.data] };
      x.data[4] = Number.NaN;
      await withTensors({ ...inputs, x }, async (tensors) => {
        const [y, ...statistics] = await read(() => train(tensors));
        expect(y.data.map(Number.isNaN)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i % 3 === 1));
        for (const { data } of statistics) expect(data.map(Number.isNaN)).toEqual([false, true, false]);
      });
    });

    it('refuses a single example', async () => {
      await withTensors(random(1, 3), (inputs) => {
        expect(() => train(inputs)).toThrow(
          expect.objectContaining({
            code: 'INVALID_SHAPE',
            argument: 'x',
            value: inputs.x,
            message:
              'Batch normalization cannot train on a batch of 1, because the variance of a single example is undefined. Use batches of at least 2 examples.',
          }),
        );
      });
    });
  });

  describe('batchNormInference', () => {
    it.each([
      [1, 1],
      [1, 9],
      [5, 7],
      [4, 16],
    ])('normalizes [%i, %i] with the running statistics', async (batch, units) => {
      const inputs = random(batch, units);
      await withTensors(inputs, async (tensors) => {
        const [y] = await read(() => infer(tensors));
        expectAllClose(y, batchNormInferenceReference(inputs, settings.epsilon), tolerances.results);
      });
    });
  });

  it.each<[keyof Inputs, number[], string]>([
    ['x', [6], 'a tensor of shape [batch, units]'],
    ...(['gamma', 'beta', 'runningMean', 'runningVariance'] as const).map(
      (name): [keyof Inputs, number[], string] => [
        name,
        [1],
        'a tensor of shape [3], since x has shape [2,3]',
      ],
    ),
  ])('batchNorm and batchNormInference refuse %s of shape %j', async (argument, shape, allowed) => {
    await withTensors({ ...random(2, 3), [argument]: uniform(1, shape) }, (inputs) => {
      for (const run of [() => train(inputs), () => infer(inputs)]) {
        expect(run).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument, value: inputs[argument], allowed }),
        );
      }
    });
  });

  it.each<[(inputs: Inputs, attributes: never) => unknown, string, object]>([
    [batchNorm, 'epsilon', { momentum: 0.1 }],
    [batchNorm, 'epsilon', { epsilon: -1, momentum: 0.1 }],
    [batchNorm, 'momentum', { epsilon: 1e-5 }],
    [batchNorm, 'momentum', { epsilon: 1e-5, momentum: 1.5 }],
    [batchNorm, 'eps', { ...settings, eps: 1e-5 }],
    [batchNormInference, 'epsilon', {}],
    [batchNormInference, 'momentum', settings],
  ])('%o refuses %s in %j', async (normalize, argument, attributes) => {
    await withTensors(random(2, 3), (inputs) => {
      expect(() => normalize(inputs as unknown as Inputs, attributes as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
      );
    });
  });
}
