import { clone, keep, type Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../model';
import { noteChange } from './in-use';

/** Copies the variables of a model, in order. The copies share memory with the model until it is assigned new values. */
export const copyWeights = (model: Model): Tensor[] =>
  Object.values(model.variables).map((variable) => keep(clone(variable as Tensor)));

/**
 * Restores copied weights.
 *
 * @throws {HarmonicError} `UNSUPPORTED` for a disposed model, whose variables would come back to life.
 */
export function putBack(model: Model, weights: readonly Tensor[]): void {
  model.requireAlive();
  Object.values(model.variables).forEach((variable, i) => {
    variable.assign(weights[i]);
  });
  noteChange(model);
}

/** Weights by name, for the state of a callback: `average.0`, `average.1`, … */
export const named = (name: string, weights: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(weights.map((tensor, i) => [`${name}${i}`, tensor]));

/** Copies weights out of the state of a callback. */
export function copyNamed(name: string, tensors: Readonly<Record<string, Tensor>> = {}): Tensor[] {
  const copies: Tensor[] = [];
  for (let i = 0; `${name}${i}` in tensors; i++) copies.push(keep(clone(tensors[`${name}${i}`])));
  return copies;
}
