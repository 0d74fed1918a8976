import { fanInUniform } from '../initializer';
import type { Activation } from './activation';

/** No activation: an affine layer, such as the one that computes logits. */
export const linear: Activation<never> = {
  name: 'linear',
  summary: 'z',
  hyperparameters: {},
  hasPeriods: false,
  initialize: fanInUniform,
  activate: ({ z }) => z,
};
