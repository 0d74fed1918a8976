import { dropout, foldIn, HarmonicError, type RandomKey, randomKey } from '@harmonic-mlp/core';
import { HarmonicLayer, requireInput } from '@harmonic-mlp/harmonic-layer';
import { softmax, type Tensor2D, tidy, type Variable } from '@tensorflow/tfjs-core';
import { BatchNormLayer } from './batch-norm-layer';
import type { BatchSource } from './batch-source';
import { type HarmonicMLPConfig, type HarmonicMLPOptions, resolveConfig } from './config';
import { DenseLayer } from './dense-layer';
import { type EvaluateOptions, type Evaluation, evaluate } from './evaluate';
import { type FitResult, fit } from './fit';
import type { FitOptions } from './fit-options';
import { assignStored, decodeModelFile, encodeModelFile } from './model-file';
import { type SummaryOptions, summarize } from './summary';

/** A hidden layer with the batch normalisation that follows its activation. */
export interface HiddenBlock {
  /** A `HarmonicLayer`, unless the model's activation is another. */
  readonly layer: HarmonicLayer | DenseLayer;
  /** Normalises what the layer gives. */
  readonly norm: BatchNormLayer;
}

/**
 * A multilayer perceptron with harmonic units: for each hidden layer `sin(2π·z/p) + r·z`, batch normalisation and
 * dropout, then a linear layer that gives the logits. The defaults are those of the published experiment:
 * 784 → 512 (periods 1 to 4 once each, then 5) → 256 (1 and 2 once each, then 3) → 10.
 *
 * It runs on any tfjs backend; set one and await `tf.ready()` first. Call {@link dispose} when it is no longer needed.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds.
 * @example
 * ```ts
 * const model = new HarmonicMLP({ hidden: [128], seed: 1 });
 * const { history } = await model.fit(train, { epochs: 3, validation: test });
 * const probabilities = model.predict(test.batch([0]).inputs);
 * probabilities.shape; // => [ 1, 10 ]
 * ```
 */
export class HarmonicMLP {
  /** The complete configuration, plain JSON. */
  readonly config: Readonly<HarmonicMLPConfig>;
  /** The hidden layers, from the input on. */
  readonly hidden: readonly HiddenBlock[];
  /** The linear layer that gives the logits. */
  readonly output: DenseLayer;

  constructor(options: HarmonicMLPOptions = {}) {
    this.config = resolveConfig(options);
    const { inputSize, classes, hidden, activation, baseFreq, maxFreq, residual, seed } = this.config;
    const weights = foldIn(randomKey(seed), 'weights');
    const sizes = [inputSize, ...hidden];
    this.hidden = hidden.map((units, i) => {
      const shape = { inputSize: sizes[i], units, seed: foldIn(weights, `hidden.${i}`) };
      const layer =
        activation === 'harmonic'
          ? new HarmonicLayer({ ...shape, baseFreq: baseFreq[i], maxFreq: maxFreq[i], residual })
          : new DenseLayer({ ...shape, activation });
      return { layer, norm: new BatchNormLayer(units) };
    });
    this.output = new DenseLayer({
      inputSize: sizes[hidden.length],
      units: classes,
      activation: 'linear',
      seed: foldIn(weights, 'output'),
    });
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
   * The logits in inference: running statistics, no dropout. The values of the input are not looked at: one that is not
   * finite gives a row that means nothing.
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for what is no tensor, `INVALID_SHAPE` for an input of another width,
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
        const normalised = norm.applyTraining(layer.apply(h));
        return rate === 0 ? normalised : dropout(normalised, { rate, key: foldIn(dropoutKey, i) });
      }, x);
      return this.output.apply(last);
    });
  }

  /**
   * The class probabilities, softmax of the logits.
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} As {@link logits}.
   */
  predict(x: Tensor2D): Tensor2D {
    return tidy(() => softmax(this.logits(x)));
  }

  /**
   * Trains the model; see {@link FitOptions} for the settings, their defaults and the events. One run at a time: until it has
   * ended, the model, the optimizer and the schedule are its own.
   *
   * @throws {HarmonicError} Before anything is changed, what an option or the data lack, by name, and `IN_USE` where another
   *   run has the model, the optimizer or the schedule. Later `DIVERGED` when a loss or a weight is no longer finite, or
   *   `INVALID_DATA` where the data are the reason, once the last good weights are back.
   */
  fit(train: BatchSource, options?: FitOptions): Promise<FitResult> {
    return fit(this, train, options);
  }

  /**
   * The mean loss and the accuracy over a data set.
   *
   * @throws {HarmonicError} `INVALID_DATA` when the loss is not finite because of the data, `IN_USE` when a run trains the
   *   model meanwhile.
   */
  evaluate(data: BatchSource, options?: EvaluateOptions): Promise<Evaluation> {
    return evaluate(this, data, options);
  }

  /** A table of the layers, their shapes and parameter counts. */
  summary(options?: SummaryOptions): string {
    return summarize(this, options);
  }

  /**
   * The model as one safetensors file, with its configuration in the metadata.
   *
   * @param metadata more strings to keep in the file's metadata.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for metadata that are no strings, `UNSUPPORTED` when the model was disposed.
   */
  async toBytes(metadata?: Record<string, string>): Promise<Uint8Array<ArrayBuffer>> {
    this.requireAlive();
    return encodeModelFile(this.config, this.variables, metadata);
  }

  /**
   * The model of a file that {@link toBytes} or a training checkpoint gave.
   *
   * @param bytes all of it.
   * @throws {HarmonicError} `INVALID_DATA` when it is not such a file, `INVALID_ARGUMENT` when it is no bytes.
   */
  static fromBytes(bytes: Uint8Array | ArrayBuffer): HarmonicMLP {
    const { config, tensors } = decodeModelFile(bytes);
    const model = new HarmonicMLP(config);
    try {
      assignStored(model.variables, tensors);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /** @throws {HarmonicError} `UNSUPPORTED` when the model was disposed. */
  requireAlive(): void {
    if (!this.isDisposed) return;
    throw new HarmonicError(
      'UNSUPPORTED',
      'This HarmonicMLP was disposed: its weights are gone. Call dispose() last, or make another model, as of the bytes that toBytes() gave before.',
    );
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
    variablesOf: (part: HarmonicLayer | DenseLayer | BatchNormLayer) => Record<string, Variable>,
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
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The input has shape [${shape}], but this model takes [batch, ${inputSize}].${isOne ? ` Make a batch of one of it: tf.reshape(x, [1, ${inputSize}]).` : ''}`,
    );
  }
}
