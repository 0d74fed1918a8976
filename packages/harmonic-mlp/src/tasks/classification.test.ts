import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import { dispose, setBackend, type Tensor, tensor1d, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Batch, BatchSource } from '.';
import { classification } from '.';

beforeAll(() => setBackend('cpu'));

/** What becomes of two examples of three features with these labels. */
function withLabels<T>(labels: unknown, look: (batch: Batch) => T): T {
  const inputs = zeros([2, 3]);
  const result = look({ inputs, labels, size: 2 } as unknown as Batch);
  dispose([inputs, labels as Tensor]);
  return result;
}

describe('classification', () => {
  it('measures the accuracy, and is called by its name', () => {
    expect([classification.name, ...classification.metrics.map(({ name }) => name)]).toEqual([
      'classification',
      'accuracy',
    ]);
  });

  it('has the mean cross-entropy as loss, and counts what is right', () => {
    tidy(() => {
      const logits = tensor2d([0, Math.log(3), Math.log(7), 0], [2, 2]);
      const batch = { inputs: logits, labels: tensor1d([1, 1], 'int32'), size: 2 };
      const loss = -(Math.log(3 / 4) + Math.log(1 / 8)) / 2;
      expect(classification.loss(logits, batch).dataSync()[0]).toBeCloseTo(loss, 5);
      expect(classification.metrics[0].sum(logits, batch).dataSync()).toEqual(new Float32Array([1]));
    });
  });

  it.each<[string, () => unknown, string | undefined]>([
    ['int32 labels', () => tensor1d([0, 1], 'int32'), undefined],
    ['none', () => undefined, 'has labels that are undefined'],
    ['a list', () => [0, 1], 'has labels that are an array'],
    ['one too many', () => tensor1d([0, 1, 1], 'int32'), 'has labels of shape [3] for inputs of shape [2,3]'],
    [
      'a column',
      () => tensor2d([[0], [1]], [2, 1], 'int32'),
      'has labels of shape [2,1] for inputs of shape [2,3]',
    ],
    ['floats', () => tensor1d([0, 1]), 'has labels of float32'],
  ])('says what is wrong with the labels of a batch: %s', (_, labels, fault) => {
    expect(withLabels(labels(), classification.faultOf)).toBe(fault);
  });

  it('says what a batch must be', () => {
    expect(classification.describeBatch(3)).toMatch(
      /^\{ inputs, labels, size \}: a tensor \[size, 3\], an int32/,
    );
  });

  it.each<[number[], object | undefined]>([
    [[0, 2], undefined],
    [[-1, 2], { field: 'labels', what: 'label', row: 0, value: -1, allowed: 'a class from 0 to 2' }],
    [[2, 3], { field: 'labels', what: 'label', row: 1, value: 3, allowed: 'a class from 0 to 2' }],
  ])('finds the first label of %j that is not one of three classes', async (labels, unusable) => {
    const tensor = tensor1d(labels, 'int32');
    const batch = { inputs: undefined, labels: tensor, size: 2 } as unknown as Batch;
    expect(await classification.findUnusable(batch, 3)).toEqual(unusable);
    tensor.dispose();
  });

  it('takes a data set of as many classes as the model has, or fewer', () => {
    const require = (classes: unknown) =>
      classification.requireData('The training data', { classes } as BatchSource, 3);
    for (const classes of [2, 3]) expect(() => require(classes)).not.toThrow();
    for (const [classes, message] of [
      [4, 'The data set has 4 classes, but the model has 3. Make the model with classes 4.'],
      [
        undefined,
        'The data set has no number of classes, which the task classification needs. Pass its own task as the option task, or give it classes.',
      ],
      ['3', /^The data set has no number of classes/],
    ] as const) {
      expect(() => require(classes)).toThrow(HarmonicError);
      expect(() => require(classes)).toThrow(
        expect.objectContaining({
          code: 'INVALID_SHAPE',
          argument: 'The training data.classes',
          value: classes,
          allowed: 'at most 3',
        }),
      );
      expect(() => require(classes)).toThrow(message);
    }
  });
});
