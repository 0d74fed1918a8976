import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** Parameters by their path in a model, such as `hidden.0/kernel`. */
export type NamedParameters = { readonly [path: string]: Variable };

/** What an optimizer remembers between steps, keyed by the parameters' paths. */
export interface OptimizerState {
  /** Live tensors, owned by the optimizer; clone what should outlive the next step. */
  readonly tensors: { readonly [path: string]: Tensor };
  /** Numbers, such as step counts. */
  readonly values: { readonly [path: string]: number };
}

/** An optimizer whose state can be saved and restored, so that a run can be resumed to the bit. */
export interface SavableOptimizer {
  /** The state of these parameters. */
  saveState(parameters: NamedParameters): OptimizerState;
  /**
   * Copies a saved state into the optimizer.
   *
   * @throws {HarmonicError} `INVALID_DATA` when the state is not one of these parameters.
   */
  loadState(parameters: NamedParameters, state: OptimizerState): void;
}

/** Whether an optimizer can save its state by path; stock tfjs optimizers cannot. */
export function isSavable(optimizer: object): optimizer is SavableOptimizer {
  return (
    typeof (optimizer as Partial<SavableOptimizer>).saveState === 'function' &&
    typeof (optimizer as Partial<SavableOptimizer>).loadState === 'function'
  );
}
