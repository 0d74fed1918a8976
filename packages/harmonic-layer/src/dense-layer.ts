import {
  dense,
  exponential,
  foldIn,
  HarmonicError,
  type RandomKey,
  randomKey,
  requireNumber,
  requireOptions,
  requireShape,
} from '@harmonic-mlp/core';
import {
  clone,
  concat,
  customGrad,
  keep,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { type Activation, type Layout, layoutOf, requireActivation } from './activations';
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
  /** The period of each unit that has one, for an activation whose units have periods. */
  periods?: ArrayLike<number>;
  /** Whether the periods are trained; their logarithms are, so they stay positive. Default false. */
  learnPeriods?: boolean;
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
  /** W, [inputSize, columns]: a column for each unit, unless the activation has another layout. */
  readonly kernel: Variable;
  /** b, [columns]; undefined without a bias. */
  readonly bias: Variable | undefined;
  /** The number of units, which is the width of the output. */
  readonly units: number;
  /** The initial period of each column, 0 for one that has none; undefined if units have none. */
  readonly periods: Float32Array | undefined;
  /** The activation. */
  readonly activation: Activation;
  /** The activation's hyperparameters. */
  readonly hyperparameters: HyperparameterValues<string>;

  readonly #isFirst: boolean;
  readonly #layout: Layout;
  /** Of the periodic columns. */
  readonly #periods: Tensor1D | undefined;
  /** Of the periodic columns, if periods are trained. */
  readonly #logPeriods: Variable | undefined;
  readonly #trained: Record<string, Variable>;
  readonly #fixed: Record<string, Tensor1D>;

  constructor(given: DenseLayerOptions) {
    const example = 'new DenseLayer({ inputSize: 2, units: 64, activation: activations.relu })';
    const options = requireOptions('options', given, example, {
      inputSize: true,
      units: true,
      activation: true,
      hyperparameters: true,
      periods: true,
      learnPeriods: true,
      isFirst: true,
      useBias: true,
      seed: true,
    });
    const {
      isFirst = false,
      useBias = true,
      learnPeriods = false,
      seed = Math.floor(Math.random() * 2 ** 32),
    } = options;
    const inputSize = requireNumber('inputSize', options.inputSize, { integer: true, min: 1 });
    const units = requireNumber('units', options.units, { integer: true, min: 1 });
    requireBoolean('isFirst', isFirst);
    requireBoolean('useBias', useBias);
    requireBoolean('learnPeriods', learnPeriods);
    const key = randomKey(seed);

    this.activation = requireActivation(options.activation);
    this.hyperparameters = resolveHyperparameters(
      this.activation.hyperparameters,
      requireOptions('hyperparameters', options.hyperparameters, example, this.activation.hyperparameters),
    );
    const { activation, hyperparameters } = this;
    this.units = units;
    this.#isFirst = isFirst;
    this.#layout = layoutOf(activation, units, hyperparameters);
    const { columns, periodic } = this.#layout;
    const periods = requirePeriods(options.periods, periodic, activation);
    this.periods = periods && paddedTo(columns, periods);

    const shape = { inputSize, units: columns, isFirst, periods: this.periods, hyperparameters };
    const initial = activation.initialize(shape, key);
    const { trained = {}, fixed = {} } = activation.vectors?.(shape, foldIn(key, 'activation')) ?? {};
    const isTrained = learnPeriods && periodic > 0;
    this.#periods = periods && periodic > 0 && !isTrained ? keep(tensor1d(periods)) : undefined;
    this.#logPeriods = isTrained ? tidy(() => variable(tensor1d(periods!.map(Math.log)))) : undefined;
    this.#trained = mapValues(trained, (values) => tidy(() => variable(tensor1d(values))));
    this.#fixed = mapValues(fixed, (values) => keep(tensor1d(values)));
    this.kernel = tidy(() => variable(tensor(initial.kernel, [inputSize, columns])));
    this.bias = useBias ? tidy(() => variable(tensor(initial.bias, [columns]))) : undefined;
  }

  /**
   * The layer's weights by name: `kernel`, `bias` if there is one, `log_periods` if periods are trained, and the trained vectors
   * of the activation, such as Snake's `frequencies`.
   */
  get weights(): Record<string, Variable> {
    return {
      kernel: this.kernel,
      ...(this.bias && { bias: this.bias }),
      ...(this.#logPeriods && { log_periods: this.#logPeriods }),
      ...this.#trained,
    };
  }

  /**
   * The current periods of the columns if they are trained, 0 for one that has none, [columns], a new tensor; undefined if they
   * are not trained. An optimizer that scales by periods asks for them at every step.
   */
  get currentPeriods(): (() => Tensor1D) | undefined {
    const logPeriods = this.#logPeriods;
    if (logPeriods === undefined) return undefined;
    const { columns, periodic } = this.#layout;
    return () =>
      tidy(() => {
        const current = exponential1d(logPeriods);
        return periodic === columns ? current : concat([current, zeros([columns - periodic])]);
      });
  }

  /** The layer's description in a model summary: `harmonic (periods 1 to 5, residual 0.1)`. */
  get description(): string {
    const { activation, hyperparameters, periods } = this;
    const details = Object.entries(hyperparameters).map(([name, value]) => `${name} ${shown(value)}`);
    const present = Array.from(periods ?? []).filter((period) => period > 0);
    if (present.length > 0)
      details.unshift(`${this.#logPeriods ? 'trained from ' : ''}${describePeriods(present)}`);
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
   * The pre-activations `z = x·W + b`, [batch, columns], a new tensor.
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
   * @param z [batch, columns].
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
    this.#logPeriods?.dispose();
    for (const tensor of [...Object.values(this.#trained), ...Object.values(this.#fixed)]) tensor.dispose();
  }

  #activated(z: Tensor2D): Tensor2D {
    const periods = this.#logPeriods === undefined ? this.#periods : exponential1d(this.#logPeriods);
    const vectors = { ...this.#fixed, ...(this.#trained as Record<string, Tensor>) } as Record<
      string,
      Tensor1D
    >;
    const inputs = { z, periods, vectors, units: this.units, isFirst: this.#isFirst };
    return this.activation.activate(inputs, this.hyperparameters) as Tensor2D;
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

/** The exponential function of a vector. */
const exponential1d = (z: Variable): Tensor1D =>
  exponential({ z: z as unknown as Tensor2D }) as unknown as Tensor1D;

const mapValues = <A, B>(record: { readonly [name: string]: A }, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));

/** The values, followed by zeros. */
function paddedTo(length: number, values: Float32Array): Float32Array {
  const padded = new Float32Array(length);
  padded.set(values);
  return padded;
}

function requireBoolean(argument: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed: 'true or false' });
}

function requirePeriods(
  periods: ArrayLike<number> | undefined,
  count: number,
  { name, hasPeriods }: Activation,
): Float32Array | undefined {
  const isAllowed = hasPeriods ? periods?.length === count : periods === undefined;
  if (!isAllowed) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'periods',
      value: periods,
      allowed: hasPeriods
        ? `an array of ${count} periods`
        : `omitted, since the units of ${name} have no periods`,
    });
  }
  return (
    periods && Float32Array.from(periods, (period, i) => requireNumber(`periods[${i}]`, period, { above: 0 }))
  );
}

/** float32 preserves six decimal digits of any number. */
const shown = (period: number): number => Number(period.toPrecision(6));

function describePeriods(periods: readonly number[]): string {
  const shortest = shown(periods.reduce((a, b) => Math.min(a, b)));
  const longest = shown(periods.reduce((a, b) => Math.max(a, b)));
  return shortest === longest ? `period ${longest}` : `periods ${shortest} to ${longest}`;
}
