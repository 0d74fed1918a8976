import {
  dense,
  describeValue,
  HarmonicError,
  harmonic,
  type RandomKey,
  randomKey,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import {
  keep,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { frequencyScaledWeights } from './initializer';
import { requireInput } from './input';
import { cappedHarmonicSeries, type PeriodOptions } from './periods';

/** What defines a {@link HarmonicLayer}. */
export interface HarmonicLayerOptions extends PeriodOptions {
  /** The width of the input. */
  inputSize: number;
  /** The number of units, which is the width of the output. */
  units: number;
  /** The strength r of the residual connection `r·z`. Default 0.1; 0 leaves a pure sine. */
  residual?: number;
  /** Whether the layer has a bias, which sets the phase of each unit. Default true. */
  useBias?: boolean;
  /** What the initial weights are drawn from: an integer, or a stream of one. Default: a random integer. */
  seed?: number | RandomKey;
}

/** A layer's complete configuration, plain JSON. */
export type HarmonicLayerConfig = Required<HarmonicLayerOptions>;

/**
 * A dense layer with a periodic activation, and a period p for each unit:
 *
 * ```
 * z = x·W + b        y = sin(2π·z/p) + r·z        p[i] = min(baseFreq·(i + 1), maxFreq)
 * ```
 *
 * Weights and biases stand inside the sine: a weight w sets a frequency, w/p, a bias b a phase, 2π·b/p, and the amplitudes
 * are the weights of the next layer. (The authors of the published experiment liken weights to amplitudes and biases to
 * phases.) With many units and a low `maxFreq` nearly all units share the largest period.
 *
 * `W` [inputSize, units] and `b` [units] are `tf.Variable`s, trained by any optimizer; the layer runs on any tfjs backend.
 * Call {@link dispose} when it is no longer needed.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for sizes or periods that are not positive, or another option of the wrong kind.
 * @example
 * ```ts
 * const layer = new HarmonicLayer({ inputSize: 2, units: 64, maxFreq: 5, seed: 1 });
 * const y = layer.apply(tf.tensor2d([[0.5, -1]]));
 * y.shape; // => [ 1, 64 ]
 * ```
 */
export class HarmonicLayer {
  /** W, [inputSize, units]. */
  readonly kernel: Variable;
  /** b, [units]; undefined without a bias. */
  readonly bias: Variable | undefined;
  /** p, the period of each unit. */
  readonly periods: Float32Array;

  readonly #config: HarmonicLayerConfig;
  readonly #periods: Tensor1D;

  constructor(given: HarmonicLayerOptions) {
    const options = requireOptions('options', given, 'new HarmonicLayer({ inputSize: 2, units: 64 })');
    const { inputSize, units, baseFreq = 1, maxFreq = 10, residual = 0.1, useBias = true } = options;
    const { seed = Math.floor(Math.random() * 2 ** 32) } = options;
    requireNumber('inputSize', inputSize, { integer: true, min: 1 });
    requireNumber('residual', residual, {});
    if (typeof useBias !== 'boolean') {
      throw new HarmonicError(
        'INVALID_ARGUMENT',
        `useBias is ${describeValue(useBias)}; it must be true or false.`,
      );
    }
    this.periods = cappedHarmonicSeries(units, { baseFreq, maxFreq });
    this.#config = { inputSize, units, baseFreq, maxFreq, residual, useBias, seed };

    const key = randomKey(seed);
    const initial = frequencyScaledWeights(inputSize, this.periods, key);
    this.#periods = keep(tensor(this.periods, [units]));
    this.kernel = tidy(() => variable(tensor(initial.kernel, [inputSize, units])));
    this.bias = useBias ? tidy(() => variable(tensor(initial.bias, [units]))) : undefined;
  }

  /** The layer's weights by name: `kernel`, and `bias` if there is one. */
  get weights(): Record<string, Variable> {
    return this.bias === undefined ? { kernel: this.kernel } : { kernel: this.kernel, bias: this.bias };
  }

  /**
   * `y = sin(2π·z/p) + r·z` for a batch of inputs.
   *
   * @param x [batch, inputSize].
   * @returns [batch, units], a new tensor.
   * @throws {HarmonicError} `INVALID_ARGUMENT` when it is no tensor, `INVALID_SHAPE` when the width is not `inputSize`,
   *   `UNSUPPORTED` when the layer was disposed.
   */
  apply(x: Tensor2D): Tensor2D {
    return tidy(() => this.activate(this.preActivations(x)));
  }

  /** The pre-activations `z = x·W + b`, [batch, units], a new tensor. */
  preActivations(x: Tensor2D): Tensor2D {
    this.#requireAlive();
    requireInput(x, this.#config.inputSize);
    return dense({ x, kernel: this.kernel as unknown as Tensor2D, bias: this.bias as unknown as Tensor1D });
  }

  /** The activation of given pre-activations, `sin(2π·z/p) + r·z`, [batch, units], a new tensor. */
  activate(z: Tensor2D): Tensor2D {
    this.#requireAlive();
    return harmonic({ z, periods: this.#periods }, { residual: this.#config.residual });
  }

  /** The options that make this layer again, with the same initial weights. */
  getConfig(): HarmonicLayerConfig {
    return { ...this.#config };
  }

  /**
   * A layer made from {@link getConfig}'s result. Its weights are the initial ones; trained weights are
   * `weights`.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` when it is no object, or something in it is out of bounds.
   */
  static fromConfig(config: HarmonicLayerConfig): HarmonicLayer {
    if (typeof config !== 'object' || config === null) {
      throw new HarmonicError(
        'INVALID_ARGUMENT',
        'HarmonicLayer.fromConfig takes the object that getConfig gave.',
      );
    }
    return new HarmonicLayer(config);
  }

  /** Frees the weights. */
  dispose(): void {
    this.kernel.dispose();
    this.bias?.dispose();
    this.#periods.dispose();
  }

  #requireAlive(): void {
    if (!this.kernel.isDisposed) return;
    throw new HarmonicError(
      'UNSUPPORTED',
      'This HarmonicLayer was disposed: its weights are gone. Call dispose() last, or make another layer.',
    );
  }
}
