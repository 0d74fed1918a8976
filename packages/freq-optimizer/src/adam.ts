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
import { fromWeights, type OrderedMoments, toWeights } from './adam-weights';
import { asList, type NamedGradients, pairWithVariables } from './named-gradients';
import type { NamedParameters, OptimizerState } from './optimizer-state';
import { StatefulOptimizer } from './stateful-optimizer';
import {
  type AdamMomentsOptions,
  type AdamState,
  defaultEpsilon,
  fusedStep,
  initMoments,
  type ParameterState,
  requireEpsilon,
  requireMomentsOptions,
  type ScaleOf,
} from './transforms';

/** Settings of {@link Adam}. */
export interface AdamOptions extends AdamMomentsOptions {
  /** Default 1e-3. */
  learningRate?: number;
  /** λ, at least 0. Default 0. */
  weightDecay?: number;
  /**
   * `l2` (default): coupled; λ·w is added to the gradient, as in `torch.optim.Adam`. `decoupled`: the weight itself
   * shrinks by lr·λ, as in `torch.optim.AdamW`.
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
 * Adam (Kingma and Ba, 2015) with coupled or decoupled weight decay, computed as in PyTorch:
 *
 * ```
 * g ← g + λ·w  (l2)                w ← w − lr·λ·w  (decoupled)
 * m ← β₁·m + (1 − β₁)·g            v ← β₂·v + (1 − β₂)·g²
 * w ← w − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
 * ```
 *
 * Unlike tfjs's own `AdamOptimizer`, it has weight decay, a learning rate that can be set at any time, and a separate
 * state for each variable: a variable without a gradient in a step keeps its state and its step count. The state is
 * saved by the parameters' paths in a model and, for `model.save` of tfjs-layers, in the order of the variables.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds or with an unknown name; at a step, for an ε too
 *   small for the backend's 16-bit floats.
 * @example
 * ```ts
 * const optimizer = new Adam({ learningRate: 1e-3, weightDecay: 1e-5 });
 * optimizer.minimize(loss);
 * optimizer.learningRate = 1e-4; // takes effect at the next step
 * ```
 */
export class Adam extends StatefulOptimizer {
  /** The name under which tfjs serializes it. */
  static readonly className: string = 'HarmonicAdam';

  readonly #options: Required<Omit<AdamOptions, 'learningRate' | 'epsilon'>>;
  /** Undefined means the backend's default. */
  readonly #epsilon: number | undefined;
  /** The names of the variables, in the order in which they first appeared. */
  readonly #order = new Set<string>();
  /** A state from {@link setWeights}; the next step determines which variables it belongs to. */
  #restored: OrderedMoments | undefined;
  /** The tensors created by the last {@link getWeights}. */
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

  /** Updates each variable that has a gradient; the caller keeps ownership of the gradients. */
  override applyGradients(gradients: NamedGradients): void {
    this.applyScaledGradients(gradients, () => undefined);
  }

  /** Like {@link applyGradients} with `s·g`, where `scaleOf` gives the s of a variable, but without a pass over g to scale it. */
  applyScaledGradients(gradients: NamedGradients, scaleOf: ScaleOf): void {
    const attributes = {
      ...this.#options,
      learningRate: this.learningRate,
      epsilon: requireEpsilon(this.epsilon),
    };
    // Anything invalid is rejected before any variable changes.
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

  /**
   * The state in the order of the variables, as `model.save` of tfjs-layers needs it; the optimizer keeps ownership of the
   * tensors.
   */
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
   * Copies a state that {@link getWeights} returned. It belongs to the variables of the next step, in their order.
   *
   * @throws {HarmonicError} `INVALID_DATA` for the state of another kind of optimizer; at the next step, if the number of
   *   variables or their shapes differ.
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

  /** @hidden */
  protected override initState(parameter: Variable): ParameterState {
    return initMoments(parameter);
  }

  override getConfig(): Required<AdamOptions> {
    return { learningRate: this.learningRate, ...this.#options, epsilon: this.epsilon };
  }

  /** Makes an optimizer from what {@link getConfig} returned. */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    // tfjs-layers adds customObjects, which Adam does not need.
    { epsilon, customObjects: _, ...config }: serialization.ConfigDict,
  ): T {
    // An optimizer without its own ε saves 1e-8, which means the default of the backend that loads it.
    return new cls(epsilon === 1e-8 ? config : { ...config, epsilon });
  }

  /** Assigns a restored state to the variables with these names, in this order. */
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
      const given = names.map((name, i) => `${name} [${shapes[i]}]`);
      throw new HarmonicError('INVALID_DATA', {
        argument: 'gradients',
        value: names,
        problem: `The restored optimizer state belongs to ${list.join(', ')}, but this step is of ${given.join(', ')}.`,
        fix: 'Train the variables that were trained when it was saved, in the same order.',
      });
    }
    this.#restored = undefined;
    for (const [i, { moments }] of restored.entries()) this.setState(names[i], moments);
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
