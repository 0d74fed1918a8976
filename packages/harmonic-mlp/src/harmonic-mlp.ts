import { dropout, foldIn, HarmonicError, type RandomKey, randomKey } from '@harmonic-mlp/core';
import { HarmonicLayer } from '@harmonic-mlp/harmonic-layer';
import { softmax, type Tensor2D, tidy, type Variable } from '@tensorflow/tfjs-core';
import { BatchNormLayer } from './batch-norm-layer';
import type { BatchSource } from './batch-source';
import { type HarmonicMLPConfig, type HarmonicMLPOptions, resolveConfig } from './config';
import { DenseLayer } from './dense-layer';
import { type EvaluateOptions, type Evaluation, evaluate } from './evaluate';
import { type FitOptions, type FitResult, fit } from './fit';
import { assignStored, decodeModelFile, encodeModelFile } from './model-file';
import { summarize } from './summary';

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
 * const probabilities = model.predict(images);
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

  /**
   * The logits in inference: running statistics, no dropout.
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} `INVALID_SHAPE` for an input of another width.
   */
  logits(x: Tensor2D): Tensor2D {
    this.#requireWidth(x);
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
   * @throws {HarmonicError} `INVALID_SHAPE` for an input of another width, or of one example.
   */
  trainingLogits(x: Tensor2D, dropoutKey: RandomKey): Tensor2D {
    this.#requireWidth(x);
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
   * @throws {HarmonicError} `INVALID_SHAPE` for an input of another width.
   */
  predict(x: Tensor2D): Tensor2D {
    return tidy(() => softmax(this.logits(x)));
  }

  /** Trains the model; see {@link FitOptions} for the settings, their defaults and the events. */
  fit(train: BatchSource, options?: FitOptions): Promise<FitResult> {
    return fit(this, train, options);
  }

  /** The mean loss and the accuracy over a data set. */
  evaluate(data: BatchSource, options?: EvaluateOptions): Promise<Evaluation> {
    return evaluate(this, data, options);
  }

  /** A table of the layers, their shapes and parameter counts. */
  summary(): string {
    return summarize(this);
  }

  /**
   * The model as one safetensors file, with its configuration in the metadata.
   *
   * @param metadata more strings to keep in the file's metadata.
   */
  toBytes(metadata?: Record<string, string>): Promise<Uint8Array<ArrayBuffer>> {
    return encodeModelFile(this.config, this.variables, metadata);
  }

  /**
   * The model of a file that {@link toBytes} or a training checkpoint gave.
   *
   * @throws {HarmonicError} `INVALID_DATA` when it is not such a file.
   */
  static fromBytes(bytes: Uint8Array): HarmonicMLP {
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

  /** Frees the weights and statistics. */
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

  #requireWidth(x: Tensor2D): void {
    const { inputSize } = this.config;
    if (x.shape.length !== 2 || x.shape[1] !== inputSize) {
      throw new HarmonicError(
        'INVALID_SHAPE',
        `The input has shape [${x.shape}], but this model takes [batch, ${inputSize}].`,
      );
    }
  }
}
