import { abs, add, exp, log1p, mul, neg, relu, sigmoid, sub } from '@tensorflow/tfjs-core';
import { defineLoss } from './loss';

/**
 * The mean binary cross-entropy of the sigmoid of logits z with targets t from 0 to 1, in nats:
 * `L = mean(w·(−t·log σ(z) − (1 − t)·log(1 − σ(z))))`, computed as `max(0, z) − z·t + log(1 + e^−|z|)`.
 *
 * @param inputs `outputs` z and `targets` t [batch, outputs]; `weights` w of the examples, [batch], default ones.
 * @returns `[L, ∂L/∂outputs]`; only `L` is differentiable.
 * @throws {HarmonicError} `INVALID_SHAPE` if the shapes differ.
 */
export const binaryCrossEntropy = defineLoss({
  name: 'HarmonicMLP.BinaryCrossEntropy',
  example: 'binaryCrossEntropy({ outputs, targets })',
  attributes: {},
  terms: (outputs, targets) => ({
    loss: add(sub(relu(outputs), mul(outputs, targets)), log1p(exp(neg(abs(outputs))))),
    slope: sub(sigmoid(outputs), targets),
  }),
});
