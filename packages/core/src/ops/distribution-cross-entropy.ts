import { exp, log, max, mul, reciprocal, sub, sum } from '@tensorflow/tfjs-core';
import { defineLoss } from './loss';

/**
 * The mean cross-entropy of the softmax of logits with a distribution over the classes for each example, in nats:
 * `L = −1/B · Σ w·Σ t·log softmax(logits)`. Smoothed labels are such distributions.
 *
 * @param inputs `outputs`: the logits, and `targets` t, each row of which sums to 1 [batch, classes]; `weights` w of the
 *   examples, [batch], default ones.
 * @returns `[L, ∂L/∂outputs]`; only `L` is differentiable.
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ.
 */
export const distributionCrossEntropy = defineLoss({
  name: 'HarmonicMLP.DistributionCrossEntropy',
  example: 'distributionCrossEntropy({ outputs, targets })',
  attributes: {},
  terms(outputs, targets) {
    const shifted = sub(outputs, max(outputs, 1, true));
    const exponentials = exp(shifted);
    const total = sum(exponentials, 1, true);
    // The mean over all values is the mean over examples divided by the number of classes.
    const classes = outputs.shape[1];
    return {
      loss: mul(mul(sub(log(total), shifted), targets), classes),
      slope: mul(sub(mul(exponentials, reciprocal(total)), targets), classes),
    };
  },
});
