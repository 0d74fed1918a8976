import { adamStep, HarmonicError, requireNumber, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import {
  clone,
  dispose,
  engine,
  keep,
  Optimizer,
  type serialization,
  type Tensor,
  type Variable,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { fromWeights, type Moments, type OrderedMoments, toWeights } from './adam-weights';
import { defaultEpsilon, requireEpsilon } from './float-precision';
import { asList, type NamedGradients, pairWithVariables } from './named-gradients';
import type { NamedParameters, OptimizerState, SavableOptimizer } from './optimizer-state';
import type { ScaleOf } from './scaled-gradients';

/** Settings of {@link Adam}. */
export interface AdamOptions {
  /** Default 1e-3. */
  learningRate?: number;
  /** The decay of the first moment, in [0, 1). Default 0.9. */
  beta1?: number;
  /** The decay of the second moment, in [0, 1). Default 0.999. */
  beta2?: number;
  /**
   * Added to the root of the second moment. Default 1e-8, as in PyTorch; 1e-4 on backends with 16-bit floats, where 1e-8
   * is 0, and less than 2⁻¹⁴ is refused.
   */
  epsilon?: number;
  /** λ, at least 0. Default 0. */
  weightDecay?: number;
  /**
   * `l2` (default): coupled, λ·w is added to the gradient, as `torch.optim.Adam` does. `decoupled`: the weight
   * itself shrinks by lr·λ, as `torch.optim.AdamW` does.
   */
  weightDecayMode?: 'l2' | 'decoupled';
}

/**
 * Adam (Kingma and Ba, 2015) with coupled or decoupled weight decay, computed as PyTorch does:
 *
 * ```
 * g ← g + λ·w  (l2)                w ← w − lr·λ·w  (decoupled)
 * m ← β₁·m + (1 − β₁)·g            v ← β₂·v + (1 − β₂)·g²
 * w ← w − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
 * ```
 *
 * Unlike tfjs's own `AdamOptimizer`, it has weight decay, a learning rate that can be set at any time, and state
 * for each variable by itself: a variable that gets no gradient in a step keeps its state, and its step count
 * stays. The state is saved by the parameters' paths in a model; for `model.save` of tfjs-layers also as tfjs does,
 * by the variables' order.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds; at a step, for an ε that the backend's 16-bit
 *   floats lose.
 * @example
 * ```ts
 * const optimizer = new Adam({ learningRate: 1e-3, weightDecay: 1e-5 });
 * optimizer.minimize(() => loss());
 * optimizer.learningRate = 1e-4;
 * ```
 */
export class Adam extends Optimizer implements SavableOptimizer {
  /** The name under which tfjs serialises it. */
  static readonly className: string = 'HarmonicAdam';

  readonly #options: Required<Omit<AdamOptions, 'epsilon'>>;
  /** Undefined for the backend's default. */
  readonly #epsilon: number | undefined;
  #disposals = 0;
  readonly #moments = new Map<string, Moments>();
  /** The variables' names, in the order in which they first came. */
  readonly #order = new Set<string>();
  /** A state from {@link setWeights}, whose variables the next step will name. */
  #restored: OrderedMoments | undefined;
  /** What {@link getWeights} made last. */
  #counts: Tensor[] = [];

  constructor(options?: AdamOptions) {
    super();
    const {
      learningRate = 1e-3,
      beta1 = 0.9,
      beta2 = 0.999,
      epsilon,
      weightDecay = 0,
      weightDecayMode = 'l2',
    } = requireOptions('options', options, 'new Adam({ learningRate: 1e-3 })');
    requireNumber('learningRate', learningRate, { min: 0 });
    requireNumber('beta1', beta1, { min: 0, below: 1 });
    requireNumber('beta2', beta2, { min: 0, below: 1 });
    if (epsilon !== undefined) requireNumber('epsilon', epsilon, { min: 0 });
    requireNumber('weightDecay', weightDecay, { min: 0 });
    requireOneOf('weightDecayMode', weightDecayMode, ['l2', 'decoupled']);
    this.#options = { learningRate, beta1, beta2, weightDecay, weightDecayMode };
    this.#epsilon = epsilon;
  }

  /** The learning rate of the next step. */
  get learningRate(): number {
    return this.#options.learningRate;
  }

  /** At least 0. */
  set learningRate(rate: number) {
    this.#options.learningRate = requireNumber('learningRate', rate, { min: 0 });
  }

  /** The ε of the next step: the one that was given, or the active backend's default. */
  get epsilon(): number {
    return this.#epsilon ?? defaultEpsilon();
  }

  /** How often it has been disposed: who uses it over many steps sees by this that its state is gone. */
  get disposals(): number {
    return this.#disposals;
  }

  /** Updates each variable that has a gradient; the gradients stay the caller's. */
  override applyGradients(gradients: NamedGradients): void {
    this.applyScaledGradients(gradients, () => undefined);
  }

  /** As {@link applyGradients} of `s·g`, where `scaleOf` gives a variable's s; it costs no pass over g of its own. */
  applyScaledGradients(gradients: NamedGradients, scaleOf: ScaleOf): void {
    // Whatever is refused is refused before anything moves.
    const epsilon = requireEpsilon(this.epsilon);
    const steps = pairWithVariables(gradients).map((pair) => ({ ...pair, scale: scaleOf(pair.variable) }));
    const names = asList(gradients).map(({ name }) => name);
    this.#adoptRestored(names);
    for (const name of names) this.#order.add(name);
    for (const { variable, gradient, scale } of steps) {
      const moments = this.#momentsOf(variable);
      moments.step += 1;
      const [parameter, first, second] = adamStep(
        {
          parameter: variable,
          gradient,
          firstMoment: moments.first,
          secondMoment: moments.second,
          gradientScale: scale,
        },
        { ...this.#options, epsilon, step: moments.step },
      );
      variable.assign(parameter);
      parameter.dispose();
      replace(moments, first, second);
    }
    this.incrementIterations();
  }

  saveState(parameters: NamedParameters): OptimizerState {
    const tensors: Record<string, Tensor> = {};
    const values: Record<string, number> = {};
    for (const [path, variable] of Object.entries(parameters)) {
      const moments = this.#moments.get(variable.name);
      if (moments === undefined) continue;
      tensors[`${path}/first_moment`] = moments.first;
      tensors[`${path}/second_moment`] = moments.second;
      values[`${path}/step`] = moments.step;
    }
    return { tensors, values };
  }

  /** All of the state is checked before any of it is loaded; a variable that it says nothing about starts anew. */
  loadState(parameters: NamedParameters, { tensors, values }: OptimizerState): void {
    const loaded = Object.entries(parameters).map(([path, variable]) => {
      const step = values[`${path}/step`];
      const first = tensors[`${path}/first_moment`];
      const second = tensors[`${path}/second_moment`];
      if (step !== undefined && !(Number.isSafeInteger(step) && step >= 0)) {
        throw new HarmonicError(
          'INVALID_DATA',
          `The optimizer state of "${path}" is after ${step} steps; it must be a whole number of them.`,
        );
      }
      for (const moment of step === undefined ? [] : [first, second]) {
        if (moment?.shape.join() !== variable.shape.join()) {
          throw new HarmonicError(
            'INVALID_DATA',
            `The optimizer state of "${path}" should have shape [${variable.shape}], but ${moment === undefined ? 'is missing' : `has [${moment.shape}]`}.`,
          );
        }
      }
      return { variable, step, first, second };
    });
    this.#forgetRestored();
    for (const { variable, step, first, second } of loaded) {
      if (step === undefined) {
        this.#forget(variable.name);
      } else {
        const moments = this.#momentsOf(variable);
        moments.step = step;
        replace(moments, clone(first), clone(second));
      }
    }
  }

  /** The state in the order of the variables, as `model.save` of tfjs-layers asks for it; it stays the optimizer's. */
  override async getWeights(): ReturnType<Optimizer['getWeights']> {
    dispose(this.#counts);
    const states =
      this.#restored ?? [...this.#order].map((name) => ({ name, moments: this.#moments.get(name) }));
    const weights = toWeights(this.iterations, states);
    this.#counts = weights.slice(0, 2).map(({ tensor }) => tensor);
    return weights;
  }

  /**
   * Copies a state that {@link getWeights} gave. It belongs to the variables of the next step, in their order.
   *
   * @throws {HarmonicError} `INVALID_DATA` when it is the state of another optimizer; the next step throws it when its
   * variables are not as many, or have other shapes.
   */
  override async setWeights(weights: Parameters<Optimizer['setWeights']>[0]): Promise<void> {
    const { iterations, states } = await fromWeights(weights);
    this.dispose();
    this.iterations_ = iterations;
    if (states.length === 0) return;
    this.#restored = states.map(({ name, moments }) => ({
      name,
      moments: moments && {
        step: moments.step,
        first: keep(clone(moments.first)),
        second: keep(clone(moments.second)),
      },
    }));
  }

  /** Frees the state; a step after that starts anew. */
  override dispose(): void {
    this.#disposals += 1;
    for (const name of [...this.#moments.keys()]) this.#forget(name);
    this.#order.clear();
    this.#forgetRestored();
    dispose(this.#counts);
    this.#counts = [];
  }

  override getConfig(): Required<AdamOptions> {
    return { ...this.#options, epsilon: this.epsilon };
  }

  /** An optimizer made of what {@link getConfig} gave. */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    { epsilon, ...config }: serialization.ConfigDict,
  ): T {
    // 1e-8 is what an optimizer that was given none saved, and stands for the default of the backend that reads it.
    return new cls(epsilon === 1e-8 ? config : { ...config, epsilon });
  }

  /** Gives a restored state to the variables of these names, in their order. */
  #adoptRestored(names: string[]): void {
    const restored = this.#restored;
    if (restored === undefined) return;
    const shapes = names.map((name) => engine().registeredVariables[name]?.shape);
    const fits = ({ moments }: OrderedMoments[number], i: number) =>
      moments === undefined || `${moments.first.shape}` === `${shapes[i]}`;
    if (restored.length !== names.length || !restored.every(fits)) {
      const list = restored.map(({ name, moments }) => (moments ? `${name} [${moments.first.shape}]` : name));
      throw new HarmonicError(
        'INVALID_DATA',
        `The restored optimizer state is of ${list.join(', ')}, but this step is of ${names.map((name, i) => `${name} [${shapes[i]}]`).join(', ')}: train the variables that were trained when it was saved, in that order.`,
      );
    }
    this.#restored = undefined;
    for (const [i, { moments }] of restored.entries()) {
      if (moments !== undefined) this.#moments.set(names[i], moments);
    }
  }

  #forgetRestored(): void {
    for (const { moments } of this.#restored ?? []) {
      moments?.first.dispose();
      moments?.second.dispose();
    }
    this.#restored = undefined;
  }

  #momentsOf(variable: Variable): Moments {
    this.#order.add(variable.name);
    let moments = this.#moments.get(variable.name);
    if (moments === undefined) {
      moments = { step: 0, first: keep(zerosLike(variable)), second: keep(zerosLike(variable)) };
      this.#moments.set(variable.name, moments);
    }
    return moments;
  }

  #forget(name: string): void {
    const moments = this.#moments.get(name);
    moments?.first.dispose();
    moments?.second.dispose();
    this.#moments.delete(name);
  }
}

function replace(moments: Moments, first: Tensor, second: Tensor): void {
  moments.first.dispose();
  moments.second.dispose();
  moments.first = keep(first);
  moments.second = keep(second);
}
