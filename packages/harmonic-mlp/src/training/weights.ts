import { clone, keep, type Tensor } from '@tensorflow/tfjs-core';
import type { Model } from '../model';
import { noteChange } from './in-use';

/** The variables of a model as they are now, in their order; they share memory with it until it is assigned anew. */
export const copyWeights = (model: Model): Tensor[] =>
  Object.values(model.variables).map((variable) => keep(clone(variable as Tensor)));

/** Puts copied weights back. */
export function putBack(model: Model, weights: readonly Tensor[]): void {
  Object.values(model.variables).forEach((variable, i) => {
    variable.assign(weights[i]);
  });
  noteChange(model);
}
