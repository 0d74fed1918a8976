import {
  dense,
  HarmonicError,
  type KnownOptions,
  type RandomKey,
  requireNumber,
  requireOptions,
  withoutMissing,
} from '@harmonic-mlp/core';
import {
  type Activation,
  type LayerConstants,
  LayerDefinition,
  type Periods,
  resolveLayer,
  type UnitOptions,
} from '@harmonic-mlp/harmonic-layer';
import {
  cast,
  reshape,
  type serialization,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import {
  type initializers,
  type LayerVariable,
  layers,
  type regularizers,
  type Shape,
} from '@tensorflow/tfjs-layers';
import { loadUnits, saveUnits } from './saved-units';
import { asObject, type Serialized, serialize } from './serialized';
import { setUnitPeriods } from './unit-periods';

type Initializer = ReturnType<typeof initializers.ones>;
type Regularizer = ReturnType<typeof regularizers.l2>;
type LayerConfig = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/**
 * What defines a {@link HarmonicDense} layer, besides the options common to all layers (`inputShape`, `name`, `trainable`, …) and, by
 * name, the hyperparameters of its activation, such as `omega` of `siren`.
 */
export interface HarmonicDenseConfig extends LayerConfig, Partial<UnitOptions> {
  /** The number of units, which is the width of the output. */
  units: number;
  /**
   * The width of the input, for the first layer of a model; short for `inputShape: [inputDim]`. Default: the input's own
   * width.
   */
  inputDim?: number;
  /** An activation: its name, such as `siren` or `relu`, or an object. Default `harmonic`. */
  activation?: string | Activation;
  /** Whether the layer has a bias, which sets the phase of each unit. Default true. */
  useBias?: boolean;
  /** The source of the initial weights: an integer seed, or a random key derived from one. Default: a random integer. */
  seed?: number | RandomKey;
  /** Default: the activation's own, such as the frequency-scaled initializer of `harmonic`. */
  kernelInitializer?: Initializer | Serialized;
  /** Default: the activation's own. */
  biasInitializer?: Initializer | Serialized;
  /** Such as `tf.regularizers.l2({ l2: 1e-4 })`. Default: none. */
  kernelRegularizer?: Regularizer | Serialized;
  /** Default: none. */
  biasRegularizer?: Regularizer | Serialized;
}

const known: KnownOptions<HarmonicDenseConfig> = {
  units: true,
  activation: true,
  periods: true,
  baseFreq: true,
  maxFreq: true,
  residual: true,
  isFirst: true,
  useBias: true,
  seed: true,
  inputDim: true,
  kernelInitializer: true,
  biasInitializer: true,
  kernelRegularizer: true,
  biasRegularizer: true,
  // Common to all layers.
  name: true,
  trainable: true,
  inputShape: true,
  batchInputShape: true,
  batchSize: true,
  dtype: true,
  inputDType: true,
  weights: true,
};

const constrained =
  'tfjs-layers applies constraints only when weights are set, never in training. Leave it out, or use kernelRegularizer and biasRegularizer, which apply in training.';
const refused = {
  kernelConstraint: constrained,
  biasConstraint: constrained,
  activityRegularizer:
    'tfjs-layers does not run a layer that has one. Leave it out, or use kernelRegularizer and biasRegularizer.',
};

const taker = {
  example: 'harmonicDense({ units: 64, inputShape: [2] })',
  known: Object.keys(known),
  refused,
};

/**
 * A dense layer for tfjs-layers, `y = f(x·W + b)`, whose activation f is by default harmonic, with a period p for each unit:
 *
 * ```
 * z = x·W + b        y = sin(2π·z/p) + r·z        p[i] = min(baseFreq·(i + 1), maxFreq)
 * ```
 *
 * It maps […, inputs] to […, units], of rank 2 or more. Its weights are the kernel `W` [inputs, columns] and the bias `b`
 * [columns], with a column for each unit unless the activation has another layout; `log_periods` if periods are trained; and what
 * the activation itself learns, such as Snake's `frequencies`. {@link harmonicDense} makes one.
 */
export class HarmonicDense extends layers.Layer {
  /** The name under which tfjs serializes it. */
  static readonly className: string = 'HarmonicDense';

  /** p, the initial period of each column of the kernel, 0 for one that has none; undefined if units have none. */
  readonly periods: Float32Array | undefined;

  readonly #definition: LayerDefinition;
  readonly #distribution: Periods;
  readonly #initializers: { readonly [weight: string]: Initializer | undefined };
  readonly #regularizers: { readonly [weight: string]: Regularizer | undefined };
  #weights: Record<string, LayerVariable> = {};
  #constants: LayerConstants<Float32Array> | undefined;

  /** @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds, unknown, or not supported. */
  constructor(given: HarmonicDenseConfig) {
    // tfjs-layers, like Keras, takes null for none.
    const config = withoutMissing(requireOptions('config', given, taker.example));
    const { definition, periods } = resolveLayer({ activation: 'harmonic', ...config }, taker);
    super(withShape(config));
    this.#definition = new LayerDefinition(definition);
    this.#distribution = periods;
    this.periods = this.#definition.periods;
    this.#initializers = {
      kernel: asObject('kernelInitializer', config.kernelInitializer),
      bias: asObject('biasInitializer', config.biasInitializer),
    };
    this.#regularizers = {
      kernel: asObject('kernelRegularizer', config.kernelRegularizer),
      bias: asObject('biasRegularizer', config.biasRegularizer),
    };
    this.supportsMasking = true;
    this.inputSpec = [{ minNDim: 2 }];
  }

  /**
   * Creates the weights; tfjs-layers calls it when the layer first receives an input.
   *
   * @throws {HarmonicError} `INVALID_SHAPE` if the width of the input is unknown.
   */
  override build(inputShape: Shape | Shape[]): void {
    const shape = single(inputShape);
    const inputs = shape.at(-1);
    if (typeof inputs !== 'number') {
      throw new HarmonicError('INVALID_SHAPE', {
        argument: 'inputShape',
        value: shape,
        allowed: 'a shape whose last axis is known',
        problem: `The input of layer "${this.name}" has shape [${shape.map(String)}]; its last axis must be known, because it determines the shape of the kernel.`,
      });
    }
    const { weights, constants } = this.#definition.draw(inputs);
    this.#constants = constants;
    this.#weights = mapValues(weights, ({ shape, initial }, name) => {
      // Draws only when applied, so never if the weights are about to be loaded.
      const drawn = { apply: () => tensor(initial(), shape) } as unknown as Initializer;
      const initializer = this.#initializers[name] ?? drawn;
      return this.addWeight(name, shape, 'float32', initializer, this.#regularizers[name], true);
    });
    this.#recordPeriods();
    this.inputSpec = [{ minNDim: 2, axes: { [-1]: inputs } }];
    this.built = true;
  }

  /** `y = f(x·W + b)`, […, units], for inputs of shape […, inputs]. */
  override call(inputs: Tensor | Tensor[], kwargs: Parameters<layers.Layer['call']>[1]): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const width = x.shape.at(-1) as number;
      const rows = x.rank === 2 ? x : reshape(x, [x.size / width, width]);
      const weights = mapValues(this.#weights, (weight) => weight.read());
      const z = dense({
        x: (rows.dtype === 'float32' ? rows : cast(rows, 'float32')) as Tensor2D,
        kernel: weights.kernel as Tensor2D,
        bias: weights.bias as Tensor1D,
      });
      // Tensors kept by the layer would leak in a wrapper such as timeDistributed, which disposes only the weights.
      const { periods, vectors = {} } = this.#constants ?? {};
      const y = this.#definition.activate(z, weights, {
        periods: periods && tensor1d(periods),
        vectors: mapValues(vectors, (values) => tensor1d(values)),
      });
      return x.rank === 2 ? y : reshape(y, this.computeOutputShape(x.shape) as number[]);
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [...single(inputShape).slice(0, -1), this.#definition.units];
  }

  /**
   * Makes a layer from the result of {@link getConfig}, to which tfjs adds custom classes when it loads a model.
   *
   * @throws {HarmonicError} `INVALID_DATA` for an activation or period distribution that this program has not registered.
   */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    { customObjects: _, ...config }: serialization.ConfigDict,
  ): T {
    return new cls(loadUnits(config));
  }

  /**
   * The options that recreate this layer, as plain JSON, including the seed used. Activations and distributions are there by name;
   * to load your own, register them first.
   *
   * @throws {HarmonicError} `UNSUPPORTED` if another activation or distribution is registered by the name of the layer's.
   */
  override getConfig(): serialization.ConfigDict {
    const parts = Object.entries({
      kernelInitializer: this.#initializers.kernel,
      biasInitializer: this.#initializers.bias,
      kernelRegularizer: this.#regularizers.kernel,
      biasRegularizer: this.#regularizers.bias,
    });
    return {
      ...super.getConfig(),
      ...saveUnits(this.#definition, this.#distribution),
      ...Object.fromEntries(parts.flatMap(([name, part]) => (part ? [[name, serialize(part)]] : []))),
    };
  }

  #recordPeriods(): void {
    const { kernel, bias, log_periods: logPeriods } = this.#weights;
    const periods = logPeriods ? () => this.#definition.currentPeriods(logPeriods.read()) : this.periods;
    if (periods === undefined) return;
    for (const weight of bias ? [kernel, bias] : [kernel]) setUnitPeriods(weight.read(), periods);
  }
}

/**
 * Makes a {@link HarmonicDense} layer, to use in place of `tf.layers.dense`. Activations, periods, and their hyperparameters are
 * those of `makeLayer` of `@harmonic-mlp/harmonic-layer`, and so are the initial weights.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown, for an unknown activation or
 *   distribution of periods, and for the options of `tf.layers.dense` that are not supported: `kernelConstraint`,
 *   `biasConstraint`, `activityRegularizer`.
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 *
 * const model = sequential({
 *   layers: [
 *     harmonicDense({ units: 64, activation: 'siren', omega: 10, isFirst: true, inputShape: [2] }),
 *     harmonicDense({ units: 64, periods: 'geometric:2,64' }),
 *     layers.dense({ units: 1 }),
 *   ],
 * });
 * ```
 */
export function harmonicDense(config: HarmonicDenseConfig): HarmonicDense {
  return new HarmonicDense(config);
}

/** Turns `inputDim`, which only tfjs's own dense layer reads, into `inputShape`. */
function withShape({ inputDim, ...rest }: HarmonicDenseConfig): LayerConfig {
  if (inputDim === undefined) return rest;
  requireNumber('inputDim', inputDim, { integer: true, min: 1 });
  const shape = rest.batchInputShape ?? rest.inputShape;
  if (shape === undefined) return { ...rest, inputShape: [inputDim] };
  if (shape.at(-1) === inputDim) return rest;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'inputDim',
    value: inputDim,
    allowed: `${shape.at(-1)}, the last axis of ${rest.batchInputShape ? 'batchInputShape' : 'inputShape'}`,
    fix: 'Specify only one of them.',
  });
}

/** tfjs-layers wraps the shapes of multiple inputs in a list; this layer has one input. */
function single(shapes: Shape | Shape[]): Shape {
  return (Array.isArray(shapes[0]) ? shapes[0] : shapes) as Shape;
}

const mapValues = <A, B>(
  record: { readonly [name: string]: A },
  f: (value: A, name: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
