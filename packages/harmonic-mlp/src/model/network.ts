import { dropout, foldIn, HarmonicError, type RandomKey, randomKey } from '@harmonic-mlp/core';
import {
  type DenseLayer,
  HarmonicLayer,
  type LayerOptions,
  makeLayer,
  requireInput,
} from '@harmonic-mlp/harmonic-layer';
import { type Tensor2D, tidy, type Variable } from '@tensorflow/tfjs-core';
import { BatchNormLayer } from './batch-norm-layer';
import { type HarmonicMLPConfig, type HarmonicMLPOptions, resolveConfig } from './config';
import type { Model } from './model';

/** A hidden layer with the batch normalization that follows its activation. */
export interface HiddenBlock {
  /** A `HarmonicLayer`, unless the model's activation is another. */
  readonly layer: DenseLayer & { readonly bias: Variable };
  /** Normalizes what the layer gives. */
  readonly norm: BatchNormLayer;
}

/** A layer, which has a bias unless it is told otherwise. */
const layerWithBias = (options: LayerOptions) =>
  makeLayer(options) as DenseLayer & { readonly bias: Variable };

/** The layers of a `HarmonicMLP`, and what they compute. */
export class Network implements Model {
  /** The name of this kind of model in its files. */
  readonly architecture: string = 'HarmonicMLP';
  /** The complete configuration, plain JSON. */
  readonly config: Readonly<HarmonicMLPConfig>;
  /** The hidden layers, from the input on. */
  readonly hidden: readonly HiddenBlock[];
  /** The linear layer that gives the logits. */
  readonly output: DenseLayer & { readonly bias: Variable };

  constructor(options?: HarmonicMLPOptions) {
    this.config = resolveConfig(options);
    const { inputSize, classes, hidden, activation, baseFreq, maxFreq, residual, seed } = this.config;
    const weights = foldIn(randomKey(seed), 'weights');
    const sizes = [inputSize, ...hidden];
    this.hidden = hidden.map((units, i) => {
      const layer = layerWithBias({
        inputSize: sizes[i],
        units,
        activation,
        baseFreq: baseFreq[i],
        maxFreq: maxFreq[i],
        residual,
        isFirst: i === 0,
        seed: foldIn(weights, `hidden.${i}`),
      });
      return { layer, norm: new BatchNormLayer(units) };
    });
    this.output = layerWithBias({
      inputSize: sizes[hidden.length],
      units: classes,
      activation: 'linear',
      seed: foldIn(weights, 'output'),
    });
  }

  /** The width of the input. */
  get inputSize(): number {
    return this.config.inputSize;
  }

  /** The number of logits: the classes. */
  get outputSize(): number {
    return this.config.classes;
  }

  /** What shuffles and dropout masks are drawn from, unless a run is given a seed of its own. */
  get seed(): number {
    return this.config.seed;
  }

  /** Two examples where there is batch normalization, whose variance of one is undefined. */
  get smallestBatch(): number {
    return this.hidden.length > 0 ? 2 : 1;
  }

  /** The hidden layers that are harmonic: the units of a `FrequencyAwareOptimizer`. */
  get harmonicLayers(): HarmonicLayer[] {
    return this.hidden.map(({ layer }) => layer).filter((layer) => layer instanceof HarmonicLayer);
  }

  /** What the optimizer trains, by path: `hidden.0/kernel`, `hidden.0/norm/gamma`, …, `output/bias`. */
  get parameters(): Record<string, Variable> {
    return this.#collect(({ weights }) => weights);
  }

  /** Everything that makes up the trained model, by path: the parameters and the running statistics. */
  get variables(): Record<string, Variable> {
    return this.#collect((part) => ({ ...part.weights, ...('statistics' in part ? part.statistics : {}) }));
  }

  /** The number of trained numbers. */
  get parameterCount(): number {
    return Object.values(this.parameters).reduce((total, { size }) => total + size, 0);
  }

  /** Whether {@link dispose} has been called. */
  get isDisposed(): boolean {
    return this.output.kernel.isDisposed;
  }

  /**
   * The logits: with a dropout key as in training, {@link trainingLogits}; without as in inference, {@link logits}.
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} As {@link logits}.
   */
  forward(x: Tensor2D, dropoutKey?: RandomKey): Tensor2D {
    return dropoutKey === undefined ? this.logits(x) : this.trainingLogits(x, dropoutKey);
  }

  /**
   * The logits in inference: running statistics, no dropout. The values of the input are not looked at: one that is not
   * finite gives a row that means nothing.
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for what is not a tensor, `INVALID_SHAPE` for an input of another width,
   *   `UNSUPPORTED` when the model was disposed.
   */
  logits(x: Tensor2D): Tensor2D {
    this.#requireInput(x);
    return tidy(() =>
      this.output.apply(this.hidden.reduce((h, { layer, norm }) => norm.apply(layer.apply(h)), x)),
    );
  }

  /**
   * The logits in training: the batch's own statistics, towards which the running ones move, and dropout.
   *
   * @param x [batch, inputSize], at least two examples.
   * @param dropoutKey the random stream of the dropout masks; a new one for each step.
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} As {@link logits}, and `INVALID_SHAPE` for an input of one example.
   */
  trainingLogits(x: Tensor2D, dropoutKey: RandomKey): Tensor2D {
    this.#requireInput(x);
    const { dropout: rate } = this.config;
    return tidy(() => {
      const last = this.hidden.reduce((h, { layer, norm }, i) => {
        const normalized = norm.applyTraining(layer.apply(h));
        return rate === 0 ? normalized : dropout(normalized, { rate, key: foldIn(dropoutKey, i) });
      }, x);
      return this.output.apply(last);
    });
  }

  /** @throws {HarmonicError} `UNSUPPORTED` when the model was disposed. */
  requireAlive(): void {
    if (!this.isDisposed) return;
    throw new HarmonicError('UNSUPPORTED', {
      problem: 'This HarmonicMLP was disposed: its weights are gone.',
      fix: 'Call dispose() last, or make another model, as of the bytes that toBytes() gave before.',
    });
  }

  /** Frees the weights and statistics. A run that uses them ends with `IN_USE`. */
  dispose(): void {
    for (const { layer, norm } of this.hidden) {
      layer.dispose();
      norm.dispose();
    }
    this.output.dispose();
  }

  #collect(
    variablesOf: (part: DenseLayer | BatchNormLayer) => Record<string, Variable>,
  ): Record<string, Variable> {
    const parts = this.hidden.flatMap(({ layer, norm }, i) => [
      [`hidden.${i}`, layer] as const,
      [`hidden.${i}/norm`, norm] as const,
    ]);
    return Object.fromEntries(
      [...parts, ['output', this.output] as const].flatMap(([path, part]) =>
        Object.entries(variablesOf(part)).map(([name, variable]) => [`${path}/${name}`, variable]),
      ),
    );
  }

  #requireInput(x: Tensor2D): void {
    this.requireAlive();
    const { inputSize } = this.config;
    requireInput(x, inputSize);
    const shape: number[] = x.shape;
    if (shape.length === 2 && shape[1] === inputSize) return;
    const isOne = shape.length === 1 && shape[0] === inputSize;
    throw new HarmonicError('INVALID_SHAPE', {
      argument: 'x',
      value: x,
      allowed: `a tensor of shape [batch, ${inputSize}]`,
      problem: `The input has shape [${shape}], but this model takes [batch, ${inputSize}].`,
      ...(isOne && { fix: `Make a batch of one of it: tf.reshape(x, [1, ${inputSize}]).` }),
    });
  }
}
