import { countCorrect, softmaxCrossEntropy } from '@harmonic-mlp/core';
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
  type Values,
  withTensors,
} from '../check';
import { crossEntropyReference } from '../reference';

type Fixture = Record<'logits' | 'labels' | 'losses' | 'gradient' | 'softmax', FixtureTensor> & {
  loss: number;
};

const typed = ({ logits, labels }: Record<string, Tensor>) => ({
  logits: logits as Tensor2D,
  labels: labels as Tensor1D,
});
const loss = (inputs: Record<string, Tensor>) => softmaxCrossEntropy(typed(inputs));
const count = (inputs: Record<string, Tensor>) => countCorrect(typed(inputs));
const classes = (data: number[]): Values => ({ shape: [data.length], data, dtype: 'int32' });
const one: Values = { shape: [], data: [1] };

export function crossEntropySuite(tolerances: SuiteTolerances): void {
  describe('softmaxCrossEntropy', () => {
    const fixture = readFixture<Fixture>('cross-entropy');

    it('is PyTorch’s', async () => {
      const { results, gradients } = await runWithGradients(
        { logits: fixture.logits, labels: classes(fixture.labels.data) },
        loss,
        ['logits'],
        one,
      );
      expectAllClose(results[0], { shape: [], data: [fixture.loss] }, tolerances.results, 'loss');
      expectAllClose(results[1], fixture.softmax, tolerances.results, 'softmax');
      expectAllClose(gradients.logits, fixture.gradient, tolerances.gradients, 'gradient');
    });

    it('is PyTorch’s for each example alone', async () => {
      for (let i = 0; i < 6; i++) {
        const logits = { shape: [1, 10], data: fixture.logits.data.slice(10 * i, 10 * i + 10) };
        await withTensors({ logits, labels: classes([fixture.labels.data[i]]) }, async (inputs) => {
          const [value] = await read(() => loss(inputs));
          // A loss near 0 is what remains of logits with a magnitude of 80 or 100.
          const absolute = 1e-5;
          expectAllClose(value, { shape: [], data: [fixture.losses.data[i]] }, { absolute }, `loss ${i}`);
        });
      }
    });

    it.each([
      [1, 2],
      [2, 3],
      [5, 10],
      [17, 7],
    ])('of [%i, %i] logits, and its gradient', async (batch, width) => {
      const labels = classes(Array.from({ length: batch }, (_, i) => (3 * i + 1) % width));
      await expectLikeReference(
        { logits: uniform(51, [batch, width], -4, 4), labels },
        loss,
        ({ logits, labels }) => crossEntropyReference(logits, labels.data),
        ['logits'],
        tolerances,
      );
    });

    it.each([[3], [-1], [255]])(
      'is not finite where a label is %i, which is no class of three',
      async (label) => {
        const logits = uniform(53, [2, 3]);
        await withTensors({ logits, labels: classes([1, label]) }, async (inputs) => {
          const [value] = await read(() => loss(inputs));
          expect(Number.isFinite(value.data[0])).toBe(false);
          expect(value.data[0], 'the best of losses').not.toBe(-Infinity);
        });
      },
    );

    it('is scaled by the gradient of the loss', async () => {
      const inputs = { logits: uniform(52, [2, 3]), labels: classes([0, 2]) };
      const by = async (dy: number) =>
        (await runWithGradients(inputs, loss, ['logits'], { shape: [], data: [dy] })).gradients.logits;
      const doubled = (await by(1)).data.map((value) => 2 * value);
      expect(await by(2)).toEqual({ shape: [2, 3], data: doubled });
    });

    it('stays finite for huge logits, right and wrong', async () => {
      const logits = { shape: [2, 3], data: [1e30, -1e30, 0, 1e4, 0, -1e4] };
      const { results, gradients } = await runWithGradients(
        { logits, labels: classes([0, 1]) },
        loss,
        ['logits'],
        one,
      );
      expectAllClose(results[0], { shape: [], data: [5000] });
      expect(results[1].data).toEqual([1, 0, 0, 1, 0, 0]);
      expect(gradients.logits.data.map((value) => value + 0)).toEqual([0, 0, 0, 0.5, -0.5, 0]);
    });

    it('is NaN when a logit is', async () => {
      const logits = { shape: [2, 2], data: [0, 1, Number.NaN, 0] };
      const { results, gradients } = await runWithGradients(
        { logits, labels: classes([0, 1]) },
        loss,
        ['logits'],
        one,
      );
      expect(results[0].data).toEqual([Number.NaN]);
      expect(gradients.logits.data.map(Number.isNaN)).toEqual([false, false, true, true]);
    });
  });

  describe('countCorrect', () => {
    it('counts the examples whose largest logit is at their label, the first of equal ones', async () => {
      const logits = { shape: [5, 3], data: [1, 2, 0, 3, 3, 1, 3, 3, 1, -2, -1, -1, 0, 0, 0] };
      const of = (labels: number[]) =>
        withTensors({ logits, labels: classes(labels) }, (inputs) => read(() => count(inputs)));
      expect(await of([1, 0, 0, 1, 0])).toEqual([{ shape: [], data: [5] }]);
      expect(await of([1, 1, 0, 2, 2])).toEqual([{ shape: [], data: [2] }]);
      expect(await of([0, 2, 2, 0, 1])).toEqual([{ shape: [], data: [0] }]);
    });

    it.each([
      [1, 1],
      [33, 9],
      [128, 10],
    ])('counts [%i, %i] logits', async (batch, width) => {
      const logits = uniform(53, [batch, width]);
      const labels = classes(Array.from({ length: batch }, (_, i) => (i * i) % width));
      const expected = labels.data.filter((label, i) => {
        const row = logits.data.slice(i * width, (i + 1) * width);
        return row.indexOf(Math.max(...row)) === label;
      });
      await withTensors({ logits, labels }, async (inputs) => {
        expect((await read(() => count(inputs)))[0].data).toEqual([expected.length]);
      });
    });
  });

  it.each([
    ['softmaxCrossEntropy', loss],
    ['countCorrect', count],
  ])('%s refuses labels that do not fit', async (_, run) => {
    const attempt = (logitsShape: number[], labels: Values) =>
      expect(withTensors<string, unknown>({ logits: uniform(1, logitsShape), labels }, run)).rejects;
    const badShape = (argument: string, allowed: string) =>
      expect.objectContaining({ code: 'INVALID_SHAPE', argument, allowed });
    const oneForEach = 'a tensor of shape [2], since logits has shape [2,3]';
    await attempt([2, 3], classes([0, 1, 2])).toThrow(badShape('labels', oneForEach));
    await attempt([2, 3], { shape: [2, 1], data: [0, 1], dtype: 'int32' }).toThrow(
      badShape('labels', oneForEach),
    );
    await attempt([2], classes([0, 1])).toThrow(badShape('logits', 'a tensor of shape [batch, classes]'));
    await attempt([2, 3], { shape: [2], data: [0, 1] }).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        argument: 'labels',
        message: 'labels is a tensor of float32; it must hold int32 class numbers.',
      }),
    );
  });
}
