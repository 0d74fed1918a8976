import { clone, type Tensor, type Variable } from '@tensorflow/tfjs-core';

/** The state of one parameter between steps: tensors, and numbers such as counts. */
export type ParameterState = { readonly [slot: string]: Tensor | number };

/** A parameter on its way through a step. */
export interface ParameterUpdate {
  /** The parameter, before the step. */
  readonly parameter: Variable;
  /** The gradient at first. At the end, it is multiplied by the learning rate and subtracted from the parameter. */
  readonly update: Tensor;
  /** The state of the parameter; each transform reads and replaces its own slots. */
  readonly state: ParameterState;
}

/**
 * One part of an optimizer. It turns updates, which are the gradients at first, into other updates. `chain` combines several,
 * and `asOptimizer` makes an optimizer. (Optax calls it a gradient transformation.)
 *
 * @example
 * ```ts
 * const scaleByAdagrad = (): Transform => ({
 *   name: 'scaleByAdagrad',
 *   settings: {},
 *   init: (parameter) => ({ squares: tf.zerosLike(parameter) }),
 *   update: (updates) =>
 *     updates.map(({ parameter, update, state }) => {
 *       const squares = tf.add(state.squares as tf.Tensor, tf.square(update));
 *       return {
 *         parameter,
 *         update: tf.div(update, tf.add(tf.sqrt(squares), 1e-10)),
 *         state: { ...state, squares },
 *       };
 *     }),
 * });
 * const optimizer = asOptimizer(chain(addDecayedWeights(1e-4), scaleByAdagrad()), { learningRate: 0.1 });
 * optimizer.minimize(loss);
 * ```
 */
export interface Transform {
  /** Its name, such as `scaleByAdam`. */
  readonly name: string;
  /** All settings, defaults included, as plain data. */
  readonly settings: { readonly [name: string]: unknown };
  /** The state of a parameter before its first step. Default: none. */
  init?(parameter: Variable): ParameterState;
  /**
   * Computes the next updates and states, in the same order. It is called inside `tidy`, which disposes of every tensor it
   * creates and does not return. It should not read tensors, so that a graphics card can run ahead.
   */
  update(updates: readonly ParameterUpdate[]): ParameterUpdate[];
  /** Disposes of everything it holds except the state. It can still be used afterward. */
  dispose?(): void;
}

/** Changes each update independently. */
export const mapUpdates = (
  updates: readonly ParameterUpdate[],
  change: (update: Tensor, parameter: Variable) => Tensor,
): ParameterUpdate[] => updates.map((each) => ({ ...each, update: change(each.update, each.parameter) }));

/** Applies transforms in order. */
export const runAll = (
  transforms: readonly Transform[],
  updates: readonly ParameterUpdate[],
): readonly ParameterUpdate[] =>
  transforms.reduce<readonly ParameterUpdate[]>((current, transform) => transform.update(current), updates);

/** A copy of a state, with its own tensors. */
export const cloneState = (state: ParameterState): ParameterState =>
  Object.fromEntries(
    Object.entries(state).map(([slot, value]) => [slot, typeof value === 'number' ? value : clone(value)]),
  );
