import {
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import {
  clone,
  dispose,
  engine,
  keep,
  type Optimizer,
  type serialization,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  type AdamMomentsOptions,
  type AdamState,
  fusedStep,
  initMoments,
  requireMomentsOptions,
} from './adam-moments';
import { fromWeights, type OrderedMoments, toWeights } from './adam-weights';
import { defaultEpsilon, requireEpsilon } from './float-precision';
import { asList, type NamedGradients, pairWithVariables } from './named-gradients';
import type { NamedParameters, OptimizerState } from './optimizer-state';
import type { ScaleOf } from './period-factors';
import { StatefulOptimizer } from './stateful-optimizer';
import type { ParameterState } from './transforms';

/** Settings of {@link Adam}. */
export interface AdamOptions extends AdamMomentsOptions {
  /** Default 1e-3. */
  learningRate?: number;
  /** λ, at least 0. Default 0. */
  weightDecay?: number;
  /**
   * `l2` (default): coupled, λ·w is added to the gradient, as `torch.optim.Adam` does. `decoupled`: the weight
   * itself shrinks by lr·λ, as `torch.optim.AdamW` does.
   */
  weightDecayMode?: 'l2' | 'decoupled';
}

const knownOptions: KnownOptions<AdamOptions> = {
  learningRate: true,
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
  weightDecayMode: true,
};

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
export class Adam extends StatefulOptimizer {
  /** The name under which tfjs serialises it. */
  static readonly className: string = 'HarmonicAdam';

  readonly #options: Required<Omit<AdamOptions, 'learningRate' | 'epsilon'>>;
  /** Undefined for the backend's default. */
  readonly #epsilon: number | undefined;
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
      weightDecay = 0,
      weightDecayMode = 'l2',
      ...moments
    } = requireOptions('options', options, 'new Adam({ learningRate: 1e-3 })', knownOptions);
    this.learningRate = learningRate;
    const { epsilon, ...betas } = requireMomentsOptions(moments);
    requireNumber('weightDecay', weightDecay, { min: 0 });
    requireOneOf('weightDecayMode', weightDecayMode, ['l2', 'decoupled']);
    this.#options = { ...betas, weightDecay, weightDecayMode };
    this.#epsilon = epsilon;
  }

  /** The ε of the next step: the one that was given, or the active backend's default. */
  get epsilon(): number {
    return this.#epsilon ?? defaultEpsilon();
  }

  /** Updates each variable that has a gradient; the gradients stay the caller's. */
  override applyGradients(gradients: NamedGradients): void {
    this.applyScaledGradients(gradients, () => undefined);
  }

  /** As {@link applyGradients} of `s·g`, where `scaleOf` gives a variable's s; it costs no pass over g of its own. */
  applyScaledGradients(gradients: NamedGradients, scaleOf: ScaleOf): void {
    const attributes = {
      ...this.#options,
      learningRate: this.learningRate,
      epsilon: requireEpsilon(this.epsilon),
    };
    // Whatever is refused is refused before anything moves.
    const scales = new Map(
      pairWithVariables(gradients).map(({ variable }) => [variable.name, scaleOf(variable)]),
    );
    const names = asList(gradients).map(({ name }) => name);
    this.#adoptRestored(names);
    for (const name of names) this.#order.add(name);
    this.step(
      gradients,
      (updates) => updates,
      (update) => fusedStep(update, attributes, scales.get(update.parameter.name)),
    );
  }

  override loadState(parameters: NamedParameters, state: OptimizerState): void {
    super.loadState(parameters, state);
    this.#forgetRestored();
  }

  /** The state in the order of the variables, as `model.save` of tfjs-layers asks for it; it stays the optimizer's. */
  override async getWeights(): ReturnType<Optimizer['getWeights']> {
    dispose(this.#counts);
    const states =
      this.#restored ??
      [...this.#order].map((name) => ({ name, moments: this.stateOf(name) as AdamState | undefined }));
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
      moments: moments && keepAll(moments),
    }));
  }

  override dispose(): void {
    super.dispose();
    this.#order.clear();
    this.#forgetRestored();
    dispose(this.#counts);
    this.#counts = [];
  }

  protected override initState(parameter: Variable): ParameterState {
    return initMoments(parameter);
  }

  override getConfig(): Required<AdamOptions> {
    return { learningRate: this.learningRate, ...this.#options, epsilon: this.epsilon };
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
      moments === undefined || `${moments.first_moment.shape}` === `${shapes[i]}`;
    if (restored.length !== names.length || !restored.every(fits)) {
      const list = restored.map(({ name, moments }) =>
        moments ? `${name} [${moments.first_moment.shape}]` : name,
      );
      throw new HarmonicError(
        'INVALID_DATA',
        `The restored optimizer state is of ${list.join(', ')}, but this step is of ${names.map((name, i) => `${name} [${shapes[i]}]`).join(', ')}: train the variables that were trained when it was saved, in that order.`,
      );
    }
    this.#restored = undefined;
    for (const [i, { moments }] of restored.entries()) {
      if (moments !== undefined) this.setState(names[i], moments);
    }
  }

  #forgetRestored(): void {
    for (const { moments } of this.#restored ?? []) {
      moments?.first_moment.dispose();
      moments?.second_moment.dispose();
    }
    this.#restored = undefined;
  }
}

const keepAll = ({ first_moment, second_moment, step }: AdamState): AdamState => ({
  first_moment: keep(clone(first_moment)),
  second_moment: keep(clone(second_moment)),
  step,
});
