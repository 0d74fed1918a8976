import { HarmonicError, requireNumber, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import {
  clone,
  type NamedTensorMap,
  Optimizer,
  type Scalar,
  type Tensor,
  type Tensor1D,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { getLearningRate, setLearningRate } from './learning-rate';
import { type NamedGradients, pairWithVariables } from './named-gradients';
import {
  isSavable,
  type NamedParameters,
  type OptimizerState,
  type ReplayableOptimizer,
  type SavableOptimizer,
} from './optimizer-state';
import { requireOptimizer } from './require-optimizer';
import { applyScaledGradients } from './scaled-gradients';
import {
  type FreqScale,
  type HarmonicUnits,
  keepFraction,
  PeriodFactors,
  type PeriodsOf,
} from './transforms';

/** Settings of {@link FrequencyAwareOptimizer}. */
export interface FrequencyAwareOptions {
  /** f in `s = 1/(1 + f·p)`, at least 0. Default 0.1. */
  freqScaleFactor?: number;
  /** What the factor scales: the `gradient` (default, as published) or the `update`. */
  freqScale?: FreqScale;
  /** @deprecated The earlier name of `freqScale`. */
  scale?: FreqScale;
}

/**
 * Wraps any `tf.Optimizer` and scales its effect on harmonic units by `s[i] = 1/(1 + f·p[i])`, where `p[i]` is the period
 * of unit i: units with a long period move less.
 *
 * - `freqScale: 'gradient'` multiplies the gradients of each unit's weights by s before the base optimizer sees them, as the
 *   published experiment does. Adam and its relatives divide a gradient by its own magnitude, so with them this has almost no
 *   effect; only ε and coupled weight decay are affected. With plain SGD it amounts to a learning rate per unit.
 * - `freqScale: 'update'` lets the base optimizer step and keeps the fraction s of the step, weight decay included:
 *   `w ← w + s·(base(w) − w)`. This amounts to a learning rate per unit with every base optimizer.
 *
 * All other variables are left to the base optimizer. Disposing of this optimizer also disposes of the base. To compose an
 * optimizer with the same scaling from parts, see `scaleByPeriods`.
 *
 * @param base the optimizer that takes the steps.
 * @param units the harmonic units or, if they are not known yet, a function that returns the periods of a variable; it is
 *   called for each variable with a gradient in every step.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad option or period, `INVALID_SHAPE` if periods and units do not match.
 * @example
 * ```ts
 * const optimizer = new FrequencyAwareOptimizer(new Adam(), [layer], { freqScale: 'update' });
 * optimizer.minimize(loss);
 * ```
 */
export class FrequencyAwareOptimizer extends Optimizer implements ReplayableOptimizer {
  /** The name under which tfjs serializes it. */
  static readonly className: string = 'FrequencyAwareOptimizer';

  /** The wrapped optimizer. */
  readonly base: Optimizer;
  readonly #freqScaleFactor: number;
  readonly #freqScale: FreqScale;
  readonly #factors: PeriodFactors;

  constructor(base: Optimizer, units: Iterable<HarmonicUnits> | PeriodsOf, options?: FrequencyAwareOptions) {
    super();
    const { freqScaleFactor = 0.1, ...scaling } = requireOptions(
      'options',
      options,
      "new FrequencyAwareOptimizer(base, [layer], { freqScale: 'update' })",
      { freqScaleFactor: true, freqScale: true, scale: true },
    );
    this.base = requireOptimizer('base', base);
    this.#freqScaleFactor = requireNumber('freqScaleFactor', freqScaleFactor, { min: 0 });
    this.#freqScale = requireFreqScale(scaling);
    this.#factors = new PeriodFactors(units, this.#freqScaleFactor);
  }

  /** The base optimizer's learning rate. */
  get learningRate(): number {
    return getLearningRate(this.base);
  }

  /** At least 0. */
  set learningRate(rate: number) {
    setLearningRate(this.base, rate);
  }

  /** How often the base has been disposed, and the state with it. */
  get disposals(): number {
    return (this.base as Partial<FrequencyAwareOptimizer>).disposals ?? 0;
  }

  override get iterations(): number {
    return this.base.iterations;
  }

  /** The base optimizer's gradients, before scaling; {@link applyGradients} scales. */
  override computeGradients(
    f: () => Scalar,
    variables?: Variable[],
  ): { value: Scalar; grads: NamedTensorMap } {
    return this.base.computeGradients(f, variables);
  }

  /** Takes a scaled step of the base optimizer; the caller keeps ownership of the gradients. */
  override applyGradients(gradients: NamedGradients): void {
    tidy(() =>
      this.#freqScale === 'gradient'
        ? applyScaledGradients(this.base, gradients, this.#factors.of)
        : this.#scaleUpdates(gradients),
    );
  }

  /** Counts a step of the base that was taken elsewhere. */
  countStep(): void {
    (this.base as Partial<ReplayableOptimizer>).countStep?.();
  }

  saveState(parameters: NamedParameters): OptimizerState {
    return this.#savableBase().saveState(parameters);
  }

  loadState(parameters: NamedParameters, state: OptimizerState): void {
    this.#savableBase().loadState(parameters, state);
  }

  /** The base optimizer's state, as tfjs saves it. */
  override getWeights(): ReturnType<Optimizer['getWeights']> {
    return this.base.getWeights();
  }

  /** Restores the base optimizer's state, as tfjs saves it. */
  override setWeights(weights: Parameters<Optimizer['setWeights']>[0]): Promise<void> {
    return this.base.setWeights(weights);
  }

  override dispose(): void {
    this.#factors.dispose();
    this.base.dispose();
  }

  override getConfig(): ReturnType<Optimizer['getConfig']> {
    return {
      base: { className: this.base.getClassName(), config: this.base.getConfig() },
      freqScaleFactor: this.#freqScaleFactor,
      freqScale: this.#freqScale,
    };
  }

  #scaleUpdates(gradients: NamedGradients): void {
    const earlier: { variable: Variable; value: Tensor; factors: Tensor1D }[] = [];
    for (const { variable } of pairWithVariables(gradients)) {
      const factors = this.#factors.of(variable);
      if (factors !== undefined) earlier.push({ variable, value: clone(variable), factors });
    }
    this.base.applyGradients(gradients);
    for (const { variable, value, factors } of earlier) {
      variable.assign(keepFraction(value, variable, factors));
    }
  }

  #savableBase(): SavableOptimizer {
    if (isSavable(this.base)) return this.base;
    throw new HarmonicError('UNSUPPORTED', {
      argument: 'base',
      value: this.base,
      problem: `The state of ${this.base.getClassName()} cannot be saved by path.`,
      fix: "Use this package's Adam as the base.",
    });
  }
}

/**
 * The value of `freqScale`, or of its earlier name `scale`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` if they differ, or for anything but a {@link FreqScale}.
 */
export function requireFreqScale({
  freqScale,
  scale,
}: Pick<FrequencyAwareOptions, 'freqScale' | 'scale'>): FreqScale {
  const choices = ['gradient', 'update'] as const;
  if (scale === undefined)
    return requireOneOf('freqScale', freqScale === undefined ? 'gradient' : freqScale, choices);
  if (freqScale === undefined || freqScale === scale) return requireOneOf('scale', scale, choices);
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'scale',
    value: scale,
    allowed: `the same as freqScale, ${JSON.stringify(freqScale)}`,
    fix: 'Leave it out: it is the earlier name of freqScale.',
  });
}
