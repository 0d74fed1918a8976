import { type Optimizer, type Scalar, train } from '@tensorflow/tfjs-core';

/** Every optimizer of tfjs-core, made with a learning rate. */
export const stockOptimizers: [name: string, make: (learningRate: number) => Optimizer][] = [
  ['sgd', (rate) => train.sgd(rate)],
  ['momentum', (rate) => train.momentum(rate, 0.9)],
  ['nesterov', (rate) => train.momentum(rate, 0.9, true)],
  ['rmsprop', (rate) => train.rmsprop(rate)],
  ['rmsprop, centered', (rate) => train.rmsprop(rate, 0.9, 0, 1e-7, true)],
  ['adagrad', (rate) => train.adagrad(rate)],
  ['adadelta', (rate) => train.adadelta(rate)],
  ['adam', (rate) => train.adam(rate)],
  ['adamax', (rate) => train.adamax(rate)],
];

/** Frees what tfjs 4.22's momentum optimizer forgets to free: the rate it inherits from SGD. */
export function disposeRate(optimizer: Optimizer): void {
  (optimizer as unknown as { c?: Scalar }).c?.dispose();
}
