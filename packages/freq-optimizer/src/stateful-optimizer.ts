import { describeBounds, HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { keep, Optimizer, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { type NamedGradients, pairWithVariables, type VariableGradient } from './named-gradients';
import type { NamedParameters, OptimizerState, ReplayableOptimizer } from './optimizer-state';
import { type Applied, cloneState, type ParameterState, type ParameterUpdate } from './transforms';

/** The largest count of steps in a saved state: others follow it, which must be integers too. */
const mostSteps = 2 ** 52;

/**
 * An optimizer with a separate state for each variable: a variable without a gradient in a step keeps its state. The state is
 * saved and loaded by the paths of the parameters.
 */
export abstract class StatefulOptimizer extends Optimizer implements ReplayableOptimizer {
  readonly #counted = new Map<string, ParameterState>();
  /** The steps that the numbers of the states have not counted yet. */
  #uncounted = 0;
  #learningRate = 0;
  #disposals = 0;

  /** The state of each variable, by name. */
  get #states(): Map<string, ParameterState> {
    const steps = this.#uncounted;
    this.#uncounted = 0;
    if (steps > 0) {
      for (const [name, state] of this.#counted) {
        const counted = Object.entries(state).map(([slot, value]) => [
          slot,
          typeof value === 'number' ? value + steps : value,
        ]);
        this.#counted.set(name, Object.fromEntries(counted));
      }
    }
    return this.#counted;
  }

  /** The learning rate of the next step. */
  get learningRate(): number {
    return this.#learningRate;
  }

  /** At least 0. */
  set learningRate(rate: number) {
    this.#learningRate = requireNumber('learningRate', rate, { min: 0 });
  }

  /** How often it has been disposed. Code that uses it over many steps can tell from this that the state is gone. */
  get disposals(): number {
    return this.#disposals;
  }

  saveState(parameters: NamedParameters): OptimizerState {
    const tensors: Record<string, Tensor> = {};
    const values: Record<string, number> = {};
    for (const [path, { name }] of Object.entries(parameters)) {
      for (const [slot, value] of Object.entries(this.#states.get(name) ?? {})) {
        if (typeof value === 'number') values[`${path}/${slot}`] = value;
        else tensors[`${path}/${slot}`] = value;
      }
    }
    return { tensors, values };
  }

  /** Checks the whole state before loading any of it. Variables without a saved state start over. */
  loadState(parameters: NamedParameters, saved: OptimizerState): void {
    tidy(() => {
      const loaded = Object.entries(parameters).map(
        ([path, variable]) => [variable.name, readState(path, this.initState(variable), saved)] as const,
      );
      for (const [name, state] of loaded) this.setState(name, state && cloneState(state));
    });
  }

  /** Counts a step that was taken elsewhere: each number of the state is a count of steps. */
  countStep(): void {
    this.#uncounted += 1;
    this.incrementIterations();
  }

  /** Disposes of the state; a later step starts over. */
  override dispose(): void {
    this.#disposals += 1;
    for (const name of [...this.#states.keys()]) this.setState(name, undefined);
  }

  /** The state of a variable before its first step; called inside tidy. @hidden */
  protected abstract initState(parameter: Variable): ParameterState;

  /** The state of a variable, by its name. @hidden */
  protected stateOf(name: string): ParameterState | undefined {
    return this.#states.get(name);
  }

  /** Replaces the state of a variable and takes ownership of its tensors. @hidden */
  protected setState(name: string, state: ParameterState | undefined): void {
    const next = tensorsOf(state);
    for (const tensor of next) keep(tensor);
    for (const tensor of tensorsOf(this.#states.get(name))) if (!next.includes(tensor)) tensor.dispose();
    if (state === undefined) this.#states.delete(name);
    else this.#states.set(name, state);
  }

  /**
   * Takes a step with the variables that have a gradient.
   *
   * @param prepare receives all updates; if it throws, no variable has changed.
   * @param apply computes the next value and state of a variable.
   * @hidden
   */
  protected step<U extends ParameterUpdate>(
    gradients: NamedGradients,
    prepare: (updates: readonly ParameterUpdate[]) => readonly U[],
    apply: (update: U) => Applied,
  ): void {
    tidy(() => {
      const pairs = pairWithVariables(gradients);
      requireOneEach(pairs);
      const updates = pairs.map(({ variable, gradient }) => ({
        parameter: variable,
        update: gradient,
        state: this.#states.get(variable.name) ?? this.initState(variable),
      }));
      for (const update of prepare(updates)) {
        const { value, state } = apply(update);
        update.parameter.assign(value);
        value.dispose();
        this.setState(update.parameter.name, state);
      }
    });
    this.incrementIterations();
  }
}

function requireOneEach(pairs: VariableGradient[]): void {
  const names = pairs.map(({ variable }) => variable.name);
  const second = names.find((name, i) => names.indexOf(name) < i);
  if (second === undefined) return;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'gradients',
    value: names,
    problem: `There is more than one gradient for "${second}".`,
    fix: 'Pass their sum.',
  });
}

const tensorsOf = (state: ParameterState = {}): Tensor[] =>
  Object.values(state).filter((value) => typeof value !== 'number');

/** Reads the state of a parameter, which must have the form of its initial state; undefined if none was saved. */
function readState(
  path: string,
  initial: ParameterState,
  { tensors, values }: OptimizerState,
): ParameterState | undefined {
  const slots = Object.entries(initial);
  const key = (slot: string) => `${path}/${slot}`;
  // A longer path may begin with this one.
  const other = Object.keys({ ...tensors, ...values }).find(
    (each) =>
      each.lastIndexOf('/') === path.length &&
      each.startsWith(path) &&
      !Object.hasOwn(initial, each.slice(path.length + 1)),
  );
  if (other !== undefined) {
    throw new HarmonicError('INVALID_DATA', {
      argument: 'state',
      value: other,
      problem: `This optimizer keeps no "${other}"; the state is of another kind of optimizer.`,
    });
  }
  if (!slots.some(([slot]) => (tensors[key(slot)] ?? values[key(slot)]) !== undefined)) return undefined;
  const refuse = (kind: string, slot: string, value: unknown, allowed: string) =>
    new HarmonicError('INVALID_DATA', {
      argument: `state.${kind}[${JSON.stringify(key(slot))}]`,
      value,
      allowed,
    });
  return Object.fromEntries(
    slots.map(([slot, first]) => {
      if (typeof first === 'number') {
        const value = values[key(slot)];
        if (Number.isSafeInteger(value) && value >= 0 && value <= mostSteps) return [slot, value];
        throw refuse('values', slot, value, describeBounds({ integer: true, min: 0, max: mostSteps }));
      }
      const tensor = tensors[key(slot)];
      if (tensor?.shape.join() === first.shape.join()) return [slot, tensor];
      throw refuse('tensors', slot, tensor, `a tensor of shape [${first.shape}]`);
    }),
  );
}
