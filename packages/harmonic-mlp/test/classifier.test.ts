import { dispose, type Tensor1D, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import {
  type Batch,
  type ClassifierOptions,
  classifier,
  HarmonicMLP,
  type Metric,
  precision,
  recall,
  topK,
} from '../src';
import { noisyPatterns } from './small-data';

const rows = [
  [2, 1, 0],
  [0, 1, 3],
  [1, 0.5, 0.2],
  [0.1, 0.3, 0.2],
];
const labels = [0, 1, 2, 1];

/** −Σ t·log softmax of each example, in float64. */
function crossEntropies(targetsOf: (label: number) => number[]): number[] {
  return rows.map((row, i) => {
    const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
    return -targetsOf(labels[i]).reduce((sum, t, k) => sum + t * (row[k] - Math.log(total)), 0);
  });
}

const hot = (label: number, smoothing = 0) =>
  [0, 1, 2].map((each) => (each === label ? 1 - smoothing : 0) + smoothing / 3);

/** Uses a batch of the examples above. */
async function withBatch<T>(weights: number[] | undefined, use: (batch: Batch) => Promise<T>): Promise<T> {
  const batch = {
    inputs: tensor2d(rows),
    labels: tensor1d(labels, 'int32'),
    ...(weights && { weights: tensor1d(weights) }),
    size: rows.length,
  };
  const result = await use(batch);
  dispose([batch.inputs, batch.labels, batch.weights as Tensor1D]);
  return result;
}

async function measured(metric: Metric<Batch>): Promise<number> {
  return withBatch(undefined, async (batch) => {
    const sums = tidy(() => metric.sum(batch.inputs, batch));
    const means = Array.from(await sums.data(), (sum) => sum / rows.length);
    sums.dispose();
    return (metric.result ?? (([mean]: readonly number[]) => mean))(means);
  });
}

describeOnEachBackend('A classifier', () => {
  it.each<[string, ClassifierOptions, number[] | undefined, number[]]>([
    ['nothing else', {}, undefined, crossEntropies((label) => hot(label))],
    ['smoothed labels', { labelSmoothing: 0.3 }, undefined, crossEntropies((label) => hot(label, 0.3))],
    [
      'weights of examples',
      {},
      [1, 0, 2, 0.5],
      crossEntropies((label) => hot(label)).map((loss, i) => loss * [1, 0, 2, 0.5][i]),
    ],
    [
      'weights of classes',
      { classWeights: [1, 2, 4] },
      undefined,
      crossEntropies((label) => hot(label)).map((loss, i) => loss * [1, 2, 4][labels[i]]),
    ],
    [
      'all of these',
      { classWeights: [1, 2, 4], labelSmoothing: 0.3 },
      [1, 0, 2, 0.5],
      crossEntropies((label) => hot(label, 0.3)).map(
        (loss, i) => loss * [1, 2, 4][labels[i]] * [1, 0, 2, 0.5][i],
      ),
    ],
  ])('with %s has its mean cross-entropy', async (_, options, weights, losses) => {
    await withBatch(weights, async (batch) => {
      const loss = tidy(() => classifier(options).loss(batch.inputs, batch));
      const mean = losses.reduce((a, b) => a + b) / losses.length;
      expectAllClose(await loss.data(), [mean]);
      loss.dispose();
    });
  });

  it('trains with smoothed labels and weights', async () => {
    const model = new HarmonicMLP({ inputSize: 12, classes: 4, hidden: [8], seed: 1 });
    const { history } = await model.fit(noisyPatterns({ size: 40 }), {
      epochs: 20,
      batchSize: 10,
      learningRate: 0.01,
      task: classifier({ labelSmoothing: 0.1, classWeights: [1, 1, 2, 2] }),
      metrics: [topK(2), precision, recall],
    });
    expect(history[19].trainLoss).toBeLessThan(history[0].trainLoss);
    const { top2, precision: ofPredictions, recall: ofExamples } = history[19].trainMetrics!;
    expect(top2).toBeGreaterThanOrEqual(history[19].trainAccuracy);
    for (const value of [top2, ofPredictions, ofExamples]) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThanOrEqual(1);
    }
    model.dispose();
  });

  it.each<[number, number]>([
    [1, 2 / 4],
    [2, 3 / 4],
    [3, 1],
  ])('has %i of the highest logits right in %d of the examples', async (k, expected) => {
    expect(await measured(topK(k))).toBeCloseTo(expected, 6);
  });

  it('has the precision and recall of scikit-learn', async () => {
    // precision_score([0, 1, 2, 1], [0, 2, 0, 1], average='macro', zero_division=0) and recall_score, scikit-learn 1.7
    expect(await measured(precision)).toBeCloseTo((1 / 2 + 1 + 0) / 3, 6);
    expect(await measured(recall)).toBeCloseTo((1 + 1 / 2 + 0) / 3, 6);
  });
});

describe('A classifier', () => {
  it('leaves classes out of averages that neither occur nor are predicted', () => {
    // Of four classes: right, predicted, actual.
    expect(precision.result!([1, 0, 0, 0, 2, 0, 0, 0, 1, 1, 0, 0])).toBe((1 / 2 + 0) / 2);
    expect(recall.result!([1, 0, 0, 0, 2, 0, 0, 0, 1, 1, 0, 0])).toBe((1 + 0) / 2);
  });

  it.each<[object, string]>([
    [{ labelSmoothing: 1 }, 'labelSmoothing is 1; it must be a finite number at least 0 and less than 1'],
    [{ labelSmoothing: -0.1 }, 'labelSmoothing is -0.1'],
    [{ classWeights: 2 }, 'classWeights is 2; it must be a list of numbers, one for each class'],
    [{ classWeights: [1, -1] }, 'classWeights[1] is -1'],
    [{ labelSmothing: 0.1 }, 'Did you mean labelSmoothing?'],
  ])('refuses %j', (options, message) => {
    expect(() => classifier(options)).toThrow(message);
  });

  it('refuses weights for another number of classes, and a k of 0', async () => {
    const data = noisyPatterns({ size: 8 });
    expect(() => classifier({ classWeights: [1, 2] }).requireData('The data', data, 4)).toThrow(
      expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'classWeights' }),
    );
    expect(() => topK(0)).toThrow(expect.objectContaining({ argument: 'k', value: 0 }));
  });
});
