import { clone, type Tensor, type Variable } from '@tensorflow/tfjs-core';

/** What is remembered of one parameter between steps: tensors, and counts of steps. */
export type ParameterState = { readonly [slot: string]: Tensor | number };

/** A parameter on its way through a step. */
export interface ParameterUpdate {
  readonly parameter: Variable;
  /** At first the gradient; in the end what the learning rate times it is subtracted from the parameter. */
  readonly update: Tensor;
  /** What its transforms remember of it. */
  readonly state: ParameterState;
}

/**
 * A piece of an optimizer: it makes other updates of updates, which at first are the gradients. `chain` puts several
 * together, and `asOptimizer` makes an optimizer of them. It is what optax calls a gradient transformation.
 */
export interface Transform {
  /** `scaleByAdam`. */
  readonly name: string;
  /** All settings, defaults included, as plain data. */
  readonly settings: { readonly [name: string]: unknown };
  /** What it remembers of a parameter before the first step. Default: nothing. */
  init?(parameter: Variable): ParameterState;
  /**
   * The next updates and states, in the same order. It runs within `tidy`: what it makes and does not return is freed. It
   * keeps what it finds in a state and does not know, and reads no tensor back, so that a graphics card need not wait.
   */
  update(updates: readonly ParameterUpdate[]): ParameterUpdate[];
  /** Frees what it holds besides states; it may be used again after that. */
  dispose?(): void;
  /** How it is carried out together with its neighbors in a chain; undefined where they do not fit. */
  fuse?(before: readonly Transform[], after: readonly Transform[]): Plan | undefined;
}

/** A parameter's next value and state, new tensors. */
export interface Applied {
  readonly value: Tensor;
  readonly state: ParameterState;
}

/** How an optimizer carries out a step. */
export interface Plan {
  /** What takes all updates together, before any parameter moves. */
  prepare(updates: readonly ParameterUpdate[]): readonly ParameterUpdate[];
  /** What is left for each by itself. */
  apply(update: ParameterUpdate, learningRate: number): Applied;
}

/** Changes each update by itself. */
export const mapUpdates = (
  updates: readonly ParameterUpdate[],
  change: (update: Tensor, parameter: Variable) => Tensor,
): ParameterUpdate[] => updates.map((each) => ({ ...each, update: change(each.update, each.parameter) }));

/** Runs transforms one after the other. */
export const runAll = (
  transforms: readonly Transform[],
  updates: readonly ParameterUpdate[],
): readonly ParameterUpdate[] =>
  transforms.reduce<readonly ParameterUpdate[]>((current, transform) => transform.update(current), updates);

/** A copy of a state, with tensors of its own. */
export const cloneState = (state: ParameterState): ParameterState =>
  Object.fromEntries(
    Object.entries(state).map(([slot, value]) => [slot, typeof value === 'number' ? value : clone(value)]),
  );
