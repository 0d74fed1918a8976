import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** Parameters by their paths in a model, such as `hidden.0/kernel`. */
export type NamedParameters = { readonly [path: string]: Variable };

/** What an optimizer remembers between steps, by the paths of the parameters: `hidden.0/kernel/first_moment`. */
export interface OptimizerState {
  /** The optimizer's own tensors; clone those that should outlive the next step. */
  readonly tensors: { readonly [path: string]: Tensor };
  /** Numbers, such as step counts. */
  readonly values: { readonly [path: string]: number };
}

/** An optimizer whose state can be saved and restored, so that a resumed run is identical to the bit. */
export interface SavableOptimizer {
  /** The state of these parameters. */
  saveState(parameters: NamedParameters): OptimizerState;
  /**
   * Copies a saved state into the optimizer.
   *
   * @throws {HarmonicError} `INVALID_DATA` for a state that does not fit the parameters, or is of another kind of optimizer.
   */
  loadState(parameters: NamedParameters, state: OptimizerState): void;
}

/** Whether an optimizer can save its state by path; tfjs's own optimizers cannot. */
export function isSavable(optimizer: object): optimizer is SavableOptimizer {
  return (
    typeof (optimizer as Partial<SavableOptimizer>).saveState === 'function' &&
    typeof (optimizer as Partial<SavableOptimizer>).loadState === 'function'
  );
}

/** An optimizer whose steps may be taken elsewhere, by an executor of a recorded step, which changes parameters and state in place. */
export interface ReplayableOptimizer extends SavableOptimizer {
  /** Counts a step that was taken elsewhere. */
  countStep(): void;
  /**
   * Whether its steps do the same operations each time, up to dynamic attributes, so that a recording of one stands for all. Default
   * true.
   */
  readonly isPure?: boolean;
}

/** Whether the steps of an optimizer may be taken elsewhere; those of tfjs's own optimizers may not. */
export function isReplayable(optimizer: object): optimizer is ReplayableOptimizer {
  const { countStep, isPure, base } = optimizer as Partial<ReplayableOptimizer> & { base?: object };
  const isOwn = typeof countStep === 'function' && isPure !== false && isSavable(optimizer);
  return isOwn && (base === undefined || isReplayable(base));
}
