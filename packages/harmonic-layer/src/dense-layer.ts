import { dense, HarmonicError, requireNumber, requireOptions, requireShape } from '@harmonic-mlp/core';
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
import type { Activation } from './activations';
import type { HyperparameterValues } from './hyperparameters';
import { requireInput } from './input';
import { type LayerConstants, LayerDefinition, type LayerDefinitionOptions } from './layer-definition';

/** What defines a {@link DenseLayer}. */
export interface DenseLayerOptions extends LayerDefinitionOptions {
  /** The width of the input. */
  inputSize: number;
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

  readonly #definition: LayerDefinition;
  readonly #weights: Record<string, Variable>;
  readonly #constants: LayerConstants<Tensor1D>;

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
    const inputSize = requireNumber('inputSize', options.inputSize, { integer: true, min: 1 });
    this.#definition = new LayerDefinition(options);
    const { units, periods, activation, hyperparameters } = this.#definition;
    this.units = units;
    this.periods = periods;
    this.activation = activation;
    this.hyperparameters = hyperparameters;

    const { weights, constants } = this.#definition.draw(inputSize);
    this.#weights = mapValues(weights, ({ shape, initial }) =>
      tidy(() => variable(tensor(initial(), shape))),
    );
    this.kernel = this.#weights.kernel;
    this.bias = this.#weights.bias;
    this.#constants = {
      periods: constants.periods && keep(tensor1d(constants.periods)),
      vectors: mapValues(constants.vectors, (values) => keep(tensor1d(values))),
    };
  }

  /**
   * The layer's weights by name: `kernel`, `bias` if there is one, `log_periods` if periods are trained, and the trained vectors
   * of the activation, such as Snake's `frequencies`.
   */
  get weights(): Record<string, Variable> {
    return { ...this.#weights };
  }

  /**
   * The current periods of the columns if they are trained, 0 for one that has none, [columns], a new tensor; undefined if they
   * are not trained. An optimizer that scales by periods asks for them at every step.
   */
  get currentPeriods(): (() => Tensor1D) | undefined {
    const logPeriods = this.#weights.log_periods;
    return logPeriods && (() => this.#definition.currentPeriods(logPeriods));
  }

  /** The layer's description in a model summary: `harmonic (periods 1 to 5, residual 0.1)`. */
  get description(): string {
    return this.#definition.description;
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
    const { periods, vectors } = this.#constants;
    for (const tensor of [...Object.values(this.#weights), ...Object.values(vectors)]) tensor.dispose();
    periods?.dispose();
  }

  #activated(z: Tensor2D): Tensor2D {
    return this.#definition.activate(z, this.#weights, this.#constants);
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

const mapValues = <A, B>(record: { readonly [name: string]: A }, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
