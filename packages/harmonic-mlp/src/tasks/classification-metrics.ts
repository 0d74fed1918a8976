import { requireNumber } from '@harmonic-mlp/core';
import {
  argMax,
  cast,
  concat,
  greater,
  less,
  mul,
  oneHot,
  type Scalar,
  sum,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import { pure } from '../pure';
import type { Batch } from './classification';
import type { Metric } from './task';

const hotRows = (classes: Tensor1D, count: number): Tensor2D =>
  cast(oneHot(classes, count), 'float32') as Tensor2D;

/**
 * The fraction of examples whose class has one of the k highest logits, as `top5` for k = 5.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` unless k is a positive integer.
 */
export function topK(k: number): Metric<Batch> {
  requireNumber('k', k, { integer: true, min: 1 });
  return {
    name: `top${k}`,
    sum: pure((logits: Tensor2D, { labels }: Batch) =>
      tidy(() => {
        const own = sum(mul(logits, hotRows(labels, logits.shape[1])), 1, true);
        const higher = sum(cast(greater(logits, own), 'float32'), 1);
        return sum(cast(less(higher, k), 'float32')) as Scalar;
      }),
    ),
  };
}

/** A mean over classes of `right/total`, leaving out those of neither an example nor a prediction, as in scikit-learn. */
const macroAverage = (
  name: string,
  quotient: (right: number, predicted: number, actual: number) => number,
): Metric<Batch> => ({
  name,
  sum: pure((logits: Tensor2D, { labels }: Batch) =>
    tidy(() => {
      const classes = logits.shape[1];
      const [predicted, actual] = [hotRows(argMax(logits, 1) as Tensor1D, classes), hotRows(labels, classes)];
      const counts = [mul(predicted, actual), predicted, actual].map((each) => sum(each, 0) as Tensor1D);
      return concat(counts) as Tensor1D;
    }),
  ),
  result(means) {
    const classes = means.length / 3;
    const quotients = Array.from({ length: classes }, (_, i) => [
      means[i],
      means[classes + i],
      means[2 * classes + i],
    ]).filter(([, predicted, actual]) => predicted > 0 || actual > 0);
    const total = quotients.reduce(
      (all, [right, predicted, actual]) => all + quotient(right, predicted, actual),
      0,
    );
    return total / quotients.length;
  },
});

/** The precision averaged over classes: of the predictions of a class, the fraction that is right; 0 if there are none. */
export const precision: Metric<Batch> = /* @__PURE__ */ macroAverage('precision', (right, predicted) =>
  predicted === 0 ? 0 : right / predicted,
);

/** The recall averaged over classes: of the examples of a class, the fraction that is found; 0 if there are none. */
export const recall: Metric<Batch> = /* @__PURE__ */ macroAverage('recall', (right, _, actual) =>
  actual === 0 ? 0 : right / actual,
);
