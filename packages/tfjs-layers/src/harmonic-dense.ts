import {
  dense,
  HarmonicError,
  harmonic,
  type KnownOptions,
  type RandomKey,
  randomKey,
  requireKnown,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import {
  cappedHarmonicSeries,
  frequencyScaledWeights,
  type InitialWeights,
  type PeriodOptions,
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
import { asObject, type Serialized, serialize } from './serialized';
import { setUnitPeriods } from './unit-periods';

type Initializer = ReturnType<typeof initializers.ones>;
type Regularizer = ReturnType<typeof regularizers.l2>;
type LayerConfig = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/**
 * What defines a {@link HarmonicDense} layer, besides the options common to all layers: `inputShape`, `name`, `trainable`, …
 */
export interface HarmonicDenseConfig extends LayerConfig, PeriodOptions {
  /** The number of units, which is the width of the output. */
  units: number;
  /**
   * The width of the input, for the first layer of a model; short for `inputShape: [inputDim]`. Default: the input's own
   * width.
   */
  inputDim?: number;
  /** The strength r of the residual connection `r·z`; 0 gives a pure sine. Default 0.1. */
  residual?: number;
  /** Whether the layer has a bias, which sets the phase of each unit. Default true. */
  useBias?: boolean;
  /** The source of the initial weights: an integer seed, or a random key derived from one. Default: a random integer. */
  seed?: number | RandomKey;
  /** Default: the frequency-scaled initializer, `frequencyScaledWeights` of `@harmonic-mlp/harmonic-layer`. */
  kernelInitializer?: Initializer | Serialized;
  /** Default: the frequency-scaled initializer. */
  biasInitializer?: Initializer | Serialized;
  /** Such as `tf.regularizers.l2({ l2: 1e-4 })`. Default: none. */
  kernelRegularizer?: Regularizer | Serialized;
  /** Default: none. */
  biasRegularizer?: Regularizer | Serialized;
}

const known: KnownOptions<HarmonicDenseConfig> = {
  units: true,
  baseFreq: true,
  maxFreq: true,
  residual: true,
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
  activation:
    'the activation of a harmonic layer is sin(2π·z/p) + r·z. Leave it out, or add tf.layers.activation after the layer.',
  kernelConstraint: constrained,
  biasConstraint: constrained,
  activityRegularizer:
    'tfjs-layers does not run a layer that has one. Leave it out, or use kernelRegularizer and biasRegularizer.',
};

/**
 * A dense layer for tfjs-layers with a periodic activation and a period p for each unit:
 *
 * ```
 * z = x·W + b        y = sin(2π·z/p) + r·z        p[i] = min(baseFreq·(i + 1), maxFreq)
 * ```
 *
 * It maps […, inputs] to […, units], of rank 2 or more. Its weights are the kernel `W` [inputs, units] and the bias `b`
 * [units]. {@link harmonicDense} makes one.
 */
export class HarmonicDense extends layers.Layer {
  /** The name under which tfjs serializes it. */
  static readonly className: string = 'HarmonicDense';

  /** p, the period of each unit. */
  readonly periods: Float32Array;

  readonly #settings: Required<PeriodOptions> & {
    units: number;
    residual: number;
    useBias: boolean;
    seed: number | RandomKey;
  };
  readonly #kernelInitializer: Initializer | undefined;
  readonly #biasInitializer: Initializer | undefined;
  readonly #kernelRegularizer: Regularizer | undefined;
  readonly #biasRegularizer: Regularizer | undefined;
  #kernel: LayerVariable | undefined;
  #bias: LayerVariable | undefined;

  /** @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds, unknown, or not supported. */
  constructor(given: HarmonicDenseConfig) {
    const config = requireConfig(given);
    super(config);
    const { units, baseFreq = 1, maxFreq = 10, residual = 0.1, useBias = true } = config;
    const { seed = Math.floor(Math.random() * 2 ** 32) } = config;
    this.periods = cappedHarmonicSeries(units, { baseFreq, maxFreq });
    requireNumber('residual', residual, {});
    randomKey(seed);
    this.#settings = { units, baseFreq, maxFreq, residual, useBias, seed };
    this.#kernelInitializer = asObject('kernelInitializer', config.kernelInitializer);
    this.#biasInitializer = asObject('biasInitializer', config.biasInitializer);
    this.#kernelRegularizer = asObject('kernelRegularizer', config.kernelRegularizer);
    this.#biasRegularizer = asObject('biasRegularizer', config.biasRegularizer);
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
    const { units, useBias } = this.#settings;
    const initial = this.#frequencyScaled(inputs);
    const add = (
      name: 'kernel' | 'bias',
      shape: number[],
      initializer?: Initializer,
      regularizer?: Regularizer,
    ) => {
      const first = initializer ?? initial(name, shape);
      const weight = this.addWeight(name, shape, 'float32', first, regularizer, true);
      setUnitPeriods(weight.read(), this.periods);
      return weight;
    };
    this.#kernel = add('kernel', [inputs, units], this.#kernelInitializer, this.#kernelRegularizer);
    if (useBias) this.#bias = add('bias', [units], this.#biasInitializer, this.#biasRegularizer);
    this.inputSpec = [{ minNDim: 2, axes: { [-1]: inputs } }];
    this.built = true;
  }

  /** `y = sin(2π·z/p) + r·z`, […, units], for inputs of shape […, inputs]. */
  override call(inputs: Tensor | Tensor[], kwargs: Parameters<layers.Layer['call']>[1]): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const width = x.shape.at(-1) as number;
      const rows = x.rank === 2 ? x : reshape(x, [x.size / width, width]);
      const z = dense({
        x: (rows.dtype === 'float32' ? rows : cast(rows, 'float32')) as Tensor2D,
        kernel: this.#kernel?.read() as Tensor2D,
        bias: this.#bias?.read() as Tensor1D,
      });
      // A tensor kept by the layer would leak in a wrapper such as timeDistributed, which disposes only the weights.
      const y = harmonic({ z, periods: tensor1d(this.periods) }, { residual: this.#settings.residual });
      return x.rank === 2 ? y : reshape(y, this.computeOutputShape(x.shape) as number[]);
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [...single(inputShape).slice(0, -1), this.#settings.units];
  }

  /** Makes a layer from the result of {@link getConfig}, to which tfjs adds custom classes when it loads a model. */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    { customObjects: _, ...config }: serialization.ConfigDict,
  ): T {
    return new cls(config);
  }

  /** The options that recreate this layer, as plain JSON, including the seed used. */
  override getConfig(): serialization.ConfigDict {
    const { seed } = this.#settings;
    const parts = Object.entries({
      kernelInitializer: this.#kernelInitializer,
      biasInitializer: this.#biasInitializer,
      kernelRegularizer: this.#kernelRegularizer,
      biasRegularizer: this.#biasRegularizer,
    });
    return {
      ...super.getConfig(),
      ...this.#settings,
      seed: typeof seed === 'number' ? seed : [...seed],
      ...Object.fromEntries(parts.flatMap(([name, part]) => (part ? [[name, serialize(part)]] : []))),
    };
  }

  /** The default initializers. They draw only when applied, so never if the weights are about to be loaded. */
  #frequencyScaled(inputs: number): (name: 'kernel' | 'bias', shape: number[]) => Initializer {
    let drawn: InitialWeights | undefined;
    return (name, shape) => {
      const apply = () => {
        drawn ??= frequencyScaledWeights(inputs, this.periods, randomKey(this.#settings.seed));
        return tensor(drawn[name], shape);
      };
      return { apply } as unknown as Initializer;
    };
  }
}

/**
 * Makes a {@link HarmonicDense} layer, to use in place of `tf.layers.dense`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is out of bounds or unknown, and for the options of
 *   `tf.layers.dense` that are not supported: `activation`, `kernelConstraint`, `biasConstraint`, `activityRegularizer`.
 * @example
 * ```ts
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 *
 * const model = sequential({
 *   layers: [harmonicDense({ units: 64, maxFreq: 5, inputShape: [2] }), layers.dense({ units: 1 })],
 * });
 * ```
 */
export function harmonicDense(config: HarmonicDenseConfig): HarmonicDense {
  return new HarmonicDense(config);
}

/** Checks the names of the options, and turns `inputDim`, which only tfjs's own dense layer reads, into `inputShape`. */
function requireConfig(given: HarmonicDenseConfig): HarmonicDenseConfig {
  const example = 'harmonicDense({ units: 64, inputShape: [2] })';
  const config = requireOptions('config', given, example);
  requireKnown(config, Object.keys(known), example, refused);
  const { inputDim, ...rest } = config;
  if (rest.useBias != null && typeof rest.useBias !== 'boolean') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'useBias',
      value: rest.useBias,
      allowed: 'true or false',
    });
  }
  if (inputDim == null) return rest;
  requireNumber('inputDim', inputDim, { integer: true, min: 1 });
  const shape = rest.batchInputShape ?? rest.inputShape;
  if (shape == null) return { ...rest, inputShape: [inputDim] };
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
