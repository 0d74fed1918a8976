import {
  exponential,
  foldIn,
  HarmonicError,
  type RandomKey,
  randomKey,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import { concat, type Tensor, type Tensor1D, type Tensor2D, tidy, zeros } from '@tensorflow/tfjs-core';
import { type Activation, type Layout, layoutOf, requireActivation } from './activations';
import { type HyperparameterValues, resolveHyperparameters } from './hyperparameters';
import { type InitialWeights, type LayerShape, requireInitialWeights } from './initializer';

/** What defines the units of a layer, whatever the width of its input. */
export interface LayerDefinitionOptions {
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

/** A trained weight of a layer, before there is a tensor for it. */
export interface WeightDefinition {
  /** Its shape. */
  readonly shape: number[];
  /** Its initial values, row-major. The kernel and the bias are drawn when the values of either are first needed. */
  initial(): Float32Array;
}

/** What the activation of a layer uses besides weights: the fixed periods of the columns that have one, and other vectors. */
export interface LayerConstants<Vector> {
  /** Undefined if no column has a period, or if periods are trained. */
  readonly periods: Vector | undefined;
  /** The activation's fixed vectors, by name. */
  readonly vectors: { readonly [name: string]: Vector };
}

/**
 * A dense layer without its tensors, `y = f(x·W + b)`: the activation f, the weights that it takes, and how they begin. A
 * `DenseLayer` keeps them in variables; the layer of another library, such as `HarmonicDense` of `@harmonic-mlp/tfjs-layers`,
 * where that library wants them.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or of the wrong type.
 * @example
 * ```ts
 * const { weights } = new LayerDefinition({ units: 64, activation: snake, seed: 1 }).draw(2);
 * Object.keys(weights); // => [ 'kernel', 'bias', 'frequencies' ]
 * weights.kernel.shape; // => [ 2, 64 ]
 * ```
 */
export class LayerDefinition {
  /** The number of units, which is the width of the output. */
  readonly units: number;
  /** The activation. */
  readonly activation: Activation;
  /** The activation's hyperparameters. */
  readonly hyperparameters: HyperparameterValues<string>;
  /** The initial period of each column, 0 for one that has none; undefined if units have none. */
  readonly periods: Float32Array | undefined;
  /** Whether there are periods that are trained. */
  readonly learnsPeriods: boolean;
  /** Whether this is the first layer of the network. */
  readonly isFirst: boolean;
  /** Whether the layer has a bias. */
  readonly useBias: boolean;
  /** The source of the initial weights. */
  readonly seed: number | RandomKey;

  readonly #layout: Layout;
  readonly #key: RandomKey;

  constructor(options: LayerDefinitionOptions) {
    const {
      isFirst = false,
      useBias = true,
      learnPeriods = false,
      seed = Math.floor(Math.random() * 2 ** 32),
    } = options;
    this.units = requireNumber('units', options.units, { integer: true, min: 1 });
    this.isFirst = requireBoolean('isFirst', isFirst);
    this.useBias = requireBoolean('useBias', useBias);
    requireBoolean('learnPeriods', learnPeriods);
    this.#key = randomKey(seed);
    this.seed = seed;
    this.activation = requireActivation(options.activation);
    const known = this.activation.hyperparameters;
    this.hyperparameters = resolveHyperparameters(
      known,
      requireOptions(
        'hyperparameters',
        options.hyperparameters,
        'new DenseLayer({ inputSize: 2, units: 64, activation: activations.relu })',
        known,
      ),
    );
    this.#layout = layoutOf(this.activation, this.units, this.hyperparameters);
    const { columns, periodic } = this.#layout;
    const periods = requirePeriods(options.periods, periodic, this.activation);
    this.periods = periods && paddedTo(columns, periods);
    this.learnsPeriods = learnPeriods && periodic > 0;
  }

  /** The description in a model summary, without hyperparameters that are 0: `harmonic (periods 1 to 5, residual 0.1)`. */
  get description(): string {
    const { activation, hyperparameters, periods, learnsPeriods } = this;
    const details = Object.entries(hyperparameters)
      .filter(([, value]) => value !== 0)
      .map(([name, value]) => `${name} ${shown(value)}`);
    const present = periods?.filter((period) => period > 0);
    if (present?.length)
      details.unshift(`${learnsPeriods ? 'trained from ' : ''}${describePeriods(present)}`);
    return details.length === 0 ? activation.name : `${activation.name} (${details.join(', ')})`;
  }

  /**
   * The layer's trained weights by name, in order: `kernel`, `bias` if there is one, `log_periods` if periods are trained, and the
   * trained vectors of the activation, such as Snake's `frequencies`; and its constants.
   *
   * @param inputSize the width of the input, a positive integer.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if the activation calls a vector like a weight of the layer, and, when the kernel or
   *   the bias is drawn, if it draws another number of weights.
   */
  draw(inputSize: number): {
    weights: Record<string, WeightDefinition>;
    constants: LayerConstants<Float32Array>;
  } {
    const { activation, hyperparameters, isFirst, useBias, learnsPeriods } = this;
    const { columns, periodic } = this.#layout;
    const periods = this.periods?.slice(0, periodic);
    const layer: LayerShape = { inputSize, units: columns, isFirst, periods: this.periods, hyperparameters };
    let drawn: InitialWeights | undefined;
    const initial = () => {
      drawn ??= requireInitialWeights(activation.initialize(layer, this.#key), layer, {
        activation: activation.name,
        method: 'initialize',
      });
      return drawn;
    };
    const { trained = {}, fixed = {} } = activation.vectors?.(layer, foldIn(this.#key, 'activation')) ?? {};
    for (const name of Object.keys({ ...trained, ...fixed })) requireFree(name, activation);
    const vectors = { ...(learnsPeriods && { log_periods: periods!.map(Math.log) }), ...trained };
    const vectorWeights = Object.entries(vectors).map(([name, values]): [string, WeightDefinition] => [
      name,
      { shape: [values.length], initial: () => values },
    ]);
    return {
      weights: {
        kernel: { shape: [inputSize, columns], initial: () => initial().kernel },
        ...(useBias && { bias: { shape: [columns], initial: () => initial().bias } }),
        ...Object.fromEntries(vectorWeights),
      },
      constants: { periods: learnsPeriods || periodic === 0 ? undefined : periods, vectors: fixed },
    };
  }

  /**
   * The activation of pre-activations, `f(z)`, [rows, units]; for `linear` units, `z` itself.
   *
   * @param z [rows, columns], where the columns are those of the kernel.
   * @param weights tensors of all weights that {@link draw} defines, by name.
   * @param constants tensors of its constants.
   */
  activate(
    z: Tensor2D,
    weights: { readonly [name: string]: Tensor },
    constants: LayerConstants<Tensor1D>,
  ): Tensor2D {
    const { kernel: _kernel, bias: _bias, log_periods: logPeriods, ...trained } = weights;
    const periods = logPeriods === undefined ? constants.periods : exponential1d(logPeriods);
    const vectors = { ...constants.vectors, ...trained } as Record<string, Tensor1D>;
    const { units, isFirst } = this;
    return this.activation.activate(
      { z, periods, vectors, units, isFirst },
      this.hyperparameters,
    ) as Tensor2D;
  }

  /**
   * The current period of each column from the weight `log_periods`, 0 for a column that has none, [columns], a new tensor.
   */
  currentPeriods(logPeriods: Tensor): Tensor1D {
    const { columns, periodic } = this.#layout;
    return tidy(() => {
      const current = exponential1d(logPeriods);
      return periodic === columns ? current : concat([current, zeros([columns - periodic])]);
    });
  }
}

/** The exponential function of a vector. */
const exponential1d = (z: Tensor): Tensor1D => exponential({ z: z as Tensor2D }) as Tensor as Tensor1D;

/** The values, followed by zeros. */
function paddedTo(length: number, values: Float32Array): Float32Array {
  const padded = new Float32Array(length);
  padded.set(values);
  return padded;
}

function requireFree(vector: string, { name }: Activation): void {
  if (!['kernel', 'bias', 'log_periods'].includes(vector)) return;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'activation.vectors',
    value: vector,
    problem: `The activation ${JSON.stringify(name)} has a vector named ${JSON.stringify(vector)}, which is a weight of the layer.`,
    fix: 'Give it another name.',
  });
}

function requireBoolean(argument: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
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

function describePeriods(periods: Float32Array): string {
  const shortest = shown(periods.reduce((a, b) => Math.min(a, b)));
  const longest = shown(periods.reduce((a, b) => Math.max(a, b)));
  return shortest === longest ? `period ${longest}` : `periods ${shortest} to ${longest}`;
}
