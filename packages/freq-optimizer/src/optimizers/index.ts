import { adam, adamw } from './adam';
import type { OptimizerDefinition } from './definition';
import { momentum, sgd } from './sgd';

/** The kinds of optimizers by name: the source of help texts and checks. */
export const optimizers = { adam, adamw, sgd, momentum } satisfies Record<string, OptimizerDefinition>;

/** A name in {@link optimizers}. */
export type OptimizerName = keyof typeof optimizers;

export {
  type CheckedSettings,
  type OptimizerDefinition,
  type OptimizerSetting,
  type OptimizerSettings,
  requireSettings,
} from './definition';
