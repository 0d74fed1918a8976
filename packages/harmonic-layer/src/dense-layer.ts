import {
  dense,
  HarmonicError,
  type RandomKey,
  randomKey,
  requireNumber,
  requireOptions,
  requireShape,
} from '@harmonic-mlp/core';
import {
  clone,
  customGrad,
  keep,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { type Activation, requireActivation } from './activations';
import { type HyperparameterValues, resolveHyperparameters } from './hyperparameters';
import { requireInput } from './input';

/** What defines a {@link DenseLayer}. */
export interface DenseLayerOptions {
  /** The width of the input. */
  inputSize: number;
  /** The number of units, which is the width of the output. */
  units: number;
  /** The activation, such as `activations.relu`. */
  activation: Activation;
  /** The activation's hyperparameters. Default: each one's default. */
  hyperparameters?: { readonly [name: string]: number };
  /** The period of each unit, for an activation whose units have periods. */
  periods?: ArrayLike<number>;
  /** Whether this is the first layer of the network, which some activations initialize differently. Default false. */
  isFirst?: boolean;
  /** Whether the layer has a bias. Default true. */
  useBias?: boolean;
  /** The source of the initial weights: an integer seed, or a random key derived from one. Default: a random integer. */
  seed?: number | RandomKey;
}

/**
 * A dense layer with an activation f, `y = f(x·W + b)`: an affine map, the activation, and initial weights to match.
 *
 * `W` [inputSize, units] and `b` [units] are `tf.Variable`s that any optimizer can train. The layer runs on any tfjs backend.
 * `makeLayer` takes the activation by name. Call {@link dispose} when it is no longer needed.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds, of the wrong type, or unknown.
 * @example
 * ```ts
 * const layer = new DenseLayer({ inputSize: 2, units: 64, activation: activations.relu, seed: 1 });
 * const y = layer.apply(tf.tensor2d([[0.5, -1]])); // [1, 64]
 * ```
 */
export class DenseLayer {
  /** W, [inputSize, units]. */
  readonly kernel: Variable;
  /** b, [units]; undefined without a bias. */
  readonly bias: Variable | undefined;
  /** The period of each unit; undefined if units have none. */
  readonly periods: Float32Array | undefined;
  /** The activation. */
  readonly activation: Activation;
  /** The activation's hyperparameters. */
  readonly hyperparameters: HyperparameterValues<string>;

  readonly #periods: Tensor1D | undefined;

  constructor(given: DenseLayerOptions) {
    const example = 'new DenseLayer({ inputSize: 2, units: 64, activation: activations.relu })';
    const options = requireOptions('options', given, example, {
      inputSize: true,
      units: true,
      activation: true,
      hyperparameters: true,
      periods: true,
      isFirst: true,
      useBias: true,
      seed: true,
    });
    const { isFirst = false, useBias = true, seed = Math.floor(Math.random() * 2 ** 32) } = options;
    const inputSize = requireNumber('inputSize', options.inputSize, { integer: true, min: 1 });
    const units = requireNumber('units', options.units, { integer: true, min: 1 });
    requireBoolean('isFirst', isFirst);
    requireBoolean('useBias', useBias);
    const key = randomKey(seed);

    this.activation = requireActivation(options.activation);
    this.hyperparameters = resolveHyperparameters(
      this.activation.hyperparameters,
      requireOptions('hyperparameters', options.hyperparameters, example, this.activation.hyperparameters),
    );
    this.periods = requirePeriods(options.periods, units, this.activation);

    const { periods, hyperparameters } = this;
    const initial = this.activation.initialize({ inputSize, units, isFirst, periods, hyperparameters }, key);
    this.#periods = periods && keep(tensor1d(periods));
    this.kernel = tidy(() => variable(tensor(initial.kernel, [inputSize, units])));
    this.bias = useBias ? tidy(() => variable(tensor(initial.bias, [units]))) : undefined;
  }

  /** The layer's weights by name: `kernel`, and `bias` if there is one. */
  get weights(): Record<string, Variable> {
    return this.bias === undefined ? { kernel: this.kernel } : { kernel: this.kernel, bias: this.bias };
  }

  /** The layer's description in a model summary: `harmonic (periods 1 to 5, residual 0.1)`. */
  get description(): string {
    const { activation, hyperparameters, periods } = this;
    const details = Object.entries(hyperparameters).map(([name, value]) => `${name} ${value}`);
    if (periods !== undefined) details.unshift(describePeriods(periods));
    return details.length === 0 ? activation.name : `${activation.name} (${details.join(', ')})`;
  }

  /**
   * `y = f(x·W + b)` for a batch of inputs.
   *
   * @param x [batch, inputSize].
   * @returns [batch, units], a new tensor.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if `x` is not a tensor, `INVALID_SHAPE` if its width is not `inputSize`,
   *   `UNSUPPORTED` if the layer has been disposed.
   */
  apply(x: Tensor2D): Tensor2D {
    return tidy(() => this.#activated(this.preActivations(x)));
  }

  /**
   * The pre-activations `z = x·W + b`, [batch, units], a new tensor.
   *
   * @throws {HarmonicError} As {@link apply}.
   */
  preActivations(x: Tensor2D): Tensor2D {
    this.#requireAlive();
    requireInput(x, this.kernel.shape[0]);
    return dense({ x, kernel: this.kernel as unknown as Tensor2D, bias: this.bias as unknown as Tensor1D });
  }

  /**
   * The activation of given pre-activations, `f(z)`, a new tensor.
   *
   * @param z [batch, units].
   * @throws {HarmonicError} As {@link apply}.
   */
  activate(z: Tensor2D): Tensor2D {
    this.#requireAlive();
    requireShape('z', z, ['batch', this.kernel.shape[1]!]);
    return tidy(() => {
      const y = this.#activated(z);
      return y === z ? copy(z) : y;
    });
  }

  /** Frees the weights. */
  dispose(): void {
    this.kernel.dispose();
    this.bias?.dispose();
    this.#periods?.dispose();
  }

  #activated(z: Tensor2D): Tensor2D {
    return this.activation.activate({ z, periods: this.#periods }, this.hyperparameters) as Tensor2D;
  }

  #requireAlive(): void {
    if (!this.kernel.isDisposed) return;
    throw new HarmonicError('UNSUPPORTED', {
      problem: 'This layer has been disposed, and its weights are gone.',
      fix: 'Call dispose() last, or create another layer.',
    });
  }
}

/** A copy with a gradient: `clone` has one only if tfjs's own gradients are registered. */
const copy = (z: Tensor2D): Tensor2D =>
  customGrad((z) => ({ value: clone(z as Tensor2D), gradFunc: (dy: Tensor2D) => clone(dy) }))(z);

function requireBoolean(argument: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed: 'true or false' });
}

function requirePeriods(
  periods: ArrayLike<number> | undefined,
  units: number,
  { name, hasPeriods }: Activation,
): Float32Array | undefined {
  const isAllowed = hasPeriods ? periods?.length === units : periods === undefined;
  if (!isAllowed) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'periods',
      value: periods,
      allowed: hasPeriods
        ? `an array of ${units} periods`
        : `omitted, since the units of ${name} have no periods`,
    });
  }
  return (
    periods && Float32Array.from(periods, (period, i) => requireNumber(`periods[${i}]`, period, { above: 0 }))
  );
}

/** float32 preserves six decimal digits of any number. */
const shown = (period: number): number => Number(period.toPrecision(6));

function describePeriods(periods: Float32Array): string {
  const shortest = shown(periods.reduce((a, b) => Math.min(a, b)));
  const longest = shown(periods.reduce((a, b) => Math.max(a, b)));
  return shortest === longest ? `period ${longest}` : `periods ${shortest} to ${longest}`;
}
