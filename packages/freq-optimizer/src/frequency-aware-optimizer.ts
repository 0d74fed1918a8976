import {
  describeValue,
  HarmonicError,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import {
  add,
  clone,
  keep,
  mul,
  type NamedTensorMap,
  Optimizer,
  type Scalar,
  sub,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { getLearningRate, setLearningRate } from './learning-rate';
import { type NamedGradients, pairWithVariables } from './named-gradients';
import {
  isSavable,
  type NamedParameters,
  type OptimizerState,
  type SavableOptimizer,
} from './optimizer-state';
import { applyScaledGradients } from './scaled-gradients';

/** Weights whose last axis are units with a period each; a `HarmonicLayer` is one by its shape. */
export interface HarmonicUnits {
  /** […, units]. */
  readonly kernel: Variable;
  /** [units]. */
  readonly bias?: Variable | undefined;
  /** The period of each unit. */
  readonly periods: ArrayLike<number>;
}

/**
 * The periods of a variable's units, its last axis, or undefined where it has none. They are the same array whenever it
 * is asked for the same variable.
 */
export type PeriodsOf = (variable: Variable) => ArrayLike<number> | undefined;

/** What the frequency scaling multiplies: the gradients, before the base optimizer sees them, or the updates that it makes. */
export type FreqScale = 'gradient' | 'update';

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
 * Wraps any `tf.Optimizer` and scales what it does to harmonic units by `s[i] = 1/(1 + f·p[i])`, where `p[i]` is
 * unit i's period: units with a long period move less.
 *
 * - `freqScale: 'gradient'` multiplies the gradients of their kernels' columns and biases by s before the base
 *   optimizer sees them, as the published experiment does. Adam and its relatives divide a gradient by its own
 *   size, so with them this changes next to nothing: only ε and coupled weight decay feel it. With plain SGD it is
 *   a learning rate per unit.
 * - `freqScale: 'update'` lets the base optimizer step, then keeps the fraction s of what it did, weight decay included:
 *   `w ← w + s·(base(w) − w)`. That is a learning rate per unit with every base optimizer.
 *
 * All other variables are left to the base optimizer as they are. Disposing this optimizer disposes the base too.
 *
 * @param base the optimizer that steps.
 * @param units the harmonic units; or, where they are not known yet, a function that is asked for the periods of each
 * variable with a gradient, in every step.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a bad option or period, `INVALID_SHAPE` when periods and units do not match.
 * @example
 * ```ts
 * const optimizer = new FrequencyAwareOptimizer(tf.train.sgd(0.1), [layer]);
 * optimizer.minimize(() => loss());
 * ```
 */
export class FrequencyAwareOptimizer extends Optimizer implements SavableOptimizer {
  /** The name under which tfjs serialises it. */
  static readonly className: string = 'FrequencyAwareOptimizer';

  /** The wrapped optimizer. */
  readonly base: Optimizer;
  readonly #freqScaleFactor: number;
  readonly #freqScale: FreqScale;
  readonly #periodsOf: PeriodsOf;
  readonly #factors = new Map<ArrayLike<number>, Tensor1D>();

  constructor(base: Optimizer, units: Iterable<HarmonicUnits> | PeriodsOf, options?: FrequencyAwareOptions) {
    super();
    const { freqScaleFactor = 0.1, ...scaling } = requireOptions(
      'options',
      options,
      "new FrequencyAwareOptimizer(base, [layer], { freqScale: 'update' })",
      { freqScaleFactor: true, freqScale: true, scale: true },
    );
    if (typeof base?.applyGradients !== 'function') {
      throw new HarmonicError(
        'INVALID_ARGUMENT',
        'The base must be a tf.Optimizer, such as tf.train.sgd(0.1).',
      );
    }
    this.base = base;
    this.#freqScaleFactor = requireNumber('freqScaleFactor', freqScaleFactor, { min: 0 });
    this.#freqScale = requireFreqScale(scaling);
    if (typeof units === 'function') {
      this.#periodsOf = units;
    } else {
      const layers = requireUnits(units);
      this.#periodsOf = periodsByName(layers);
      for (const { kernel } of layers) this.#factorsOf(kernel);
    }
  }

  /** The base optimizer's learning rate. */
  get learningRate(): number {
    return getLearningRate(this.base);
  }

  /** At least 0. */
  set learningRate(rate: number) {
    setLearningRate(this.base, rate);
  }

  /** How often its base has been disposed, and with it the state. */
  get disposals(): number {
    return (this.base as Partial<FrequencyAwareOptimizer>).disposals ?? 0;
  }

  override get iterations(): number {
    return this.base.iterations;
  }

  /** The base optimizer's gradients, not scaled: {@link applyGradients} does that. */
  override computeGradients(
    f: () => Scalar,
    variables?: Variable[],
  ): { value: Scalar; grads: NamedTensorMap } {
    return this.base.computeGradients(f, variables);
  }

  /** Lets the base optimizer step, scaled; the gradients stay the caller's. */
  override applyGradients(gradients: NamedGradients): void {
    tidy(() =>
      this.#freqScale === 'gradient' ? this.#scaleGradients(gradients) : this.#scaleUpdates(gradients),
    );
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
    for (const factors of this.#factors.values()) factors.dispose();
    this.#factors.clear();
    this.base.dispose();
  }

  override getConfig(): ReturnType<Optimizer['getConfig']> {
    return {
      base: { className: this.base.getClassName(), config: this.base.getConfig() },
      freqScaleFactor: this.#freqScaleFactor,
      freqScale: this.#freqScale,
    };
  }

  #scaleGradients(gradients: NamedGradients): void {
    applyScaledGradients(this.base, gradients, (variable) => this.#factorsOf(variable));
  }

  #scaleUpdates(gradients: NamedGradients): void {
    const earlier: { variable: Variable; value: Tensor; factors: Tensor1D }[] = [];
    for (const { variable } of pairWithVariables(gradients)) {
      const factors = this.#factorsOf(variable);
      if (factors !== undefined) earlier.push({ variable, value: clone(variable), factors });
    }
    this.base.applyGradients(gradients);
    for (const { variable, value, factors } of earlier) {
      variable.assign(add(value, mul(sub(variable, value), factors)));
    }
  }

  #factorsOf(variable: Variable): Tensor1D | undefined {
    const periods = this.#periodsOf(variable);
    if (periods === undefined) return undefined;
    let factors = this.#factors.get(periods);
    if (factors === undefined) {
      requireFit(variable, periods);
      const values = Array.from(periods, (period) => 1 / (1 + this.#freqScaleFactor * period));
      factors = keep(tensor1d(values));
      this.#factors.set(periods, factors);
    }
    return factors;
  }

  #savableBase(): SavableOptimizer {
    if (isSavable(this.base)) return this.base;
    throw new HarmonicError(
      'UNSUPPORTED',
      `The state of ${this.base.getClassName()} cannot be saved by path. Use this package's Adam as the base.`,
    );
  }
}

/** What `freqScale`, or its earlier name, asks for. */
function requireFreqScale({
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

/** The units as a list. */
function requireUnits(units: Iterable<HarmonicUnits>): HarmonicUnits[] {
  const hint = 'as in new FrequencyAwareOptimizer(base, model.harmonicLayers)';
  if (typeof (units as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `units is ${describeValue(units)}; it must be a list of harmonic layers, ${hint}, or a function that gives a variable's periods.`,
    );
  }
  const layers = [...units];
  for (const [i, layer] of layers.entries()) {
    const { kernel, periods } = (layer ?? {}) as Partial<HarmonicUnits>;
    if (Array.isArray(kernel?.shape) && typeof periods?.length === 'number') continue;
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `units[${i}] is ${describeValue(layer)}; it must have a kernel, a tf.Variable, and the periods of its units, as a HarmonicLayer has.`,
    );
  }
  return layers;
}

/** Looks periods up by the variables' names; the units are checked, and copied. */
function periodsByName(units: Iterable<HarmonicUnits>): PeriodsOf {
  const byName = new Map<string, number[]>();
  for (const { kernel, bias, periods } of units) {
    const copy = Array.from(periods);
    for (const variable of bias === undefined ? [kernel] : [kernel, bias]) {
      requireFit(variable, copy);
      byName.set(variable.name, copy);
    }
  }
  return ({ name }) => byName.get(name);
}

function requireFit(variable: Variable, periods: ArrayLike<number>): void {
  for (const period of Array.from(periods)) requireNumber('a period', period, { above: 0 });
  if (variable.shape.at(-1) !== periods.length) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The variable "${variable.name}" has shape [${variable.shape}], but there are ${periods.length} periods: its last axis must be the units.`,
    );
  }
}
