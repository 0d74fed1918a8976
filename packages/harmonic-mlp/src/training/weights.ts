import { clone, keep, type Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../model';
import { noteChange } from './in-use';

/** Copies the variables of a model, in order. The copies share memory with the model until it is assigned new values. */
export const copyWeights = (model: Model): Tensor[] =>
  Object.values(model.variables).map((variable) => keep(clone(variable as Tensor)));

/** Restores copied weights. */
export function putBack(model: Model, weights: readonly Tensor[]): void {
  Object.values(model.variables).forEach((variable, i) => {
    variable.assign(weights[i]);
  });
  noteChange(model);
}
