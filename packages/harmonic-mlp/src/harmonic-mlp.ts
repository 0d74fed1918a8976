import { isList, matrixOfArray, type Numbers } from '@harmonic-mlp/core';
import {
  add,
  mul,
  sigmoid,
  softmax,
  type Tensor,
  type Tensor2D,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { assignStored, type Checkpoint, decodeModel, encodeModelFile } from './checkpoint';
import { ArraySource, type ExampleSource, type Examples, type ExampleValues, isExampleValues } from './data';
import { type ForDataOptions, optionsForData } from './for-data';
import { type HarmonicMLPOptions, Network, type SummaryOptions, summarize } from './model';
import type { Evaluation } from './records';
import { refused } from './refused';
import {
  type AccuracyOf,
  type Batch,
  classification,
  multiLabel,
  regression,
  type Task,
  targetForm,
} from './tasks';
import {
  type EvaluateOptions,
  evaluate,
  type FitOptions,
  type FitResult,
  fit,
  type LrRangeTestOptions,
  lrRangeTest,
  type RangeTestResult,
} from './training';

/**
 * A multilayer perceptron with harmonic units: for each hidden layer `sin(2π·z/p) + r·z`, batch normalization and
 * dropout, then a linear layer for the logits. The defaults are those of the published experiment:
 * 784 → 512 (periods 1 to 4 once each, then 5) → 256 (1 and 2 once each, then 3) → 10.
 *
 * The model runs on any tfjs backend; set one and await `tf.ready()` first. Call {@link dispose} when you no longer need it.
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
export class HarmonicMLP extends Network {
  constructor(options?: HarmonicMLPOptions) {
    super(options);
  }

  /**
   * Makes a model for a data set: its input and output have the width of the data, its inputs are standardized, and the periods
   * of its first hidden layer range from about twice the range of the inputs to the finest detail of the targets, which is
   * measured; see `proposePeriods` of harmonic-layer. Later layers have the period 2. A model for a regression has neither
   * normalization nor dropout. Options that are given win; for periods `nyquist` without a rate, it is that of the data,
   * n^(1/d) examples of d inputs in √12 standard deviations.
   *
   * Scaling and periods are part of the model and its files, so it takes inputs in their own units.
   *
   * @param data the examples as values, `{ inputs, targets }`, or a data set that gives batches.
   * @param options those of the model, and `detail`, the wavelength of the finest detail, if you know it. The task is a
   *   classification unless it says otherwise, and `classes` are counted if they are not given.
   * @throws {HarmonicError} As the constructor; `INVALID_SHAPE` and `INVALID_DATA` for data that cannot be used.
   * @example
   * ```ts
   * const x = Array.from({ length: 300 }, (_, i) => i / 150 - 1);
   * const data = { inputs: x, targets: x.map((each) => Math.sin(25 * each) + each / 2) };
   * const model = await HarmonicMLP.forData(data, { task: 'regression', hidden: [64] });
   * await model.fit(data, { epochs: 5, batchSize: 32, learningRate: 0.005 });
   * const prediction = model.predict([0.1]);
   * ```
   */
  static async forData(
    data: ExampleValues | ExampleSource<Examples>,
    options?: ForDataOptions,
  ): Promise<HarmonicMLP> {
    const complete = await optionsForData(data, options);
    const model = new HarmonicMLP(complete.options);
    try {
      await model.prepare(complete.source);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /** What the model is trained for: the task of its configuration. */
  get task(): Task<never> {
    const { task, loss, delta } = this.config;
    if (task === 'regression')
      return regression({ loss, delta, scaling: this.targetUnits!.tensors }) as Task<never>;
    return (task === 'multi-label' ? multiLabel : classification) as Task<never>;
  }

  /**
   * The predictions: class probabilities, softmax of the logits; for a regression, numbers in the units of the targets; for
   * several labels, the probability of each, sigmoid of the logits.
   *
   * @param x [batch, inputSize]: a tensor, or an array of rows; an array of `inputSize` numbers is one example.
   * @returns [batch, outputSize], a new tensor.
   * @throws {HarmonicError} As {@link logits}.
   */
  predict(x: Tensor2D | Exclude<Numbers, Tensor>): Tensor2D {
    return tidy(() => {
      const outputs = this.logits(isList(x) ? this.#inputsOf(x) : (x as Tensor2D));
      const { task } = this.config;
      if (task === 'multi-label') return sigmoid(outputs);
      if (this.targetUnits === undefined) return softmax(outputs);
      const { mean, deviation } = this.targetUnits.tensors;
      return add(mul(outputs, deviation), mean);
    });
  }

  /**
   * Trains the model; see {@link FitOptions} for the settings, their defaults, and the events. Only one run at a time can use
   * the model, the optimizer, or the schedule.
   *
   * @param train a data set that gives batches, or the examples as values: `{ inputs, targets }`.
   * @throws {HarmonicError} Before anything changes, for an option or data that do not fit, and `IN_USE` if another run is
   *   using the model, the optimizer, or the schedule. Later, once the last good weights have been restored, `DIVERGED` if a
   *   loss or a weight is no longer finite, or `INVALID_DATA` if the data are the cause.
   */
  fit<B extends Examples = Batch>(
    train: ExampleSource<B>,
    options?: FitOptions<B>,
  ): Promise<FitResult<AccuracyOf<B>>>;
  fit(
    train: ExampleSource<Examples> | ExampleValues,
    options?: Omit<FitOptions<Examples>, 'validation'> & ValueOptions,
  ): Promise<FitResult<number | undefined>>;
  async fit(
    train: ExampleSource<Examples> | ExampleValues,
    options?: Omit<FitOptions<Examples>, 'validation'> & ValueOptions,
  ): Promise<FitResult<number | undefined>> {
    const withTask = this.#withTask(options);
    const values = withTask?.validation;
    const given = isExampleValues(values)
      ? { ...withTask, validation: await this.#sourceOf(values) }
      : (withTask as FitOptions<Examples> & ValueOptions);
    if (!isExampleValues(train)) return fit(this, train, given as FitOptions<Examples>);
    const { validationSplit, shuffle = true, ...others } = given ?? {};
    if (typeof shuffle !== 'boolean') throw refused('shuffle', shuffle, 'true or false');
    const all = await this.#sourceOf(train, shuffle);
    if (validationSplit == null) return fit(this, all, others as FitOptions<Examples>);
    if (others.validation != null)
      throw refused('validationSplit', validationSplit, 'left out, since there is validation data');
    const parts = all.split(validationSplit);
    return fit(this, parts.train, { ...others, validation: parts.validation } as FitOptions<Examples>);
  }

  /**
   * The mean loss and the metrics of the task over a data set: the accuracy, or `rmse` and `r2` of a regression.
   *
   * @param data a data set that gives batches, or the examples as values: `{ inputs, targets }`.
   * @throws {HarmonicError} `INVALID_DATA` if the loss is not finite because of the data; `IN_USE` if a run trains the model
   *   in the meantime.
   */
  evaluate<B extends Examples = Batch>(
    data: ExampleSource<B>,
    options?: EvaluateOptions<B>,
  ): Promise<Evaluation<AccuracyOf<B>>>;
  evaluate(
    data: ExampleSource<Examples> | ExampleValues,
    options?: EvaluateOptions<Examples>,
  ): Promise<Evaluation<number | undefined>>;
  async evaluate(
    data: ExampleSource<Examples> | ExampleValues,
    options?: EvaluateOptions<Examples>,
  ): Promise<Evaluation<number | undefined>> {
    const source = isExampleValues(data) ? await this.#sourceOf(data) : data;
    return evaluate(this, source, this.#withTask(options));
  }

  /**
   * A learning-rate range test (Smith, 2017): trains for some steps while the rate of step i of n rises from `start` to `end` as
   * `start·(end/start)^(i/n)`, and looks at the loss. The batches and dropout masks are those of the first steps of a run with
   * the same seed. Afterwards the weights and statistics of the model are what they were, however the test ends.
   *
   * The test ends early when the smoothed loss is more than `divergence` times its lowest value, or when a loss is not finite;
   * the latter is not part of the result. A suggestion is missing where the curve has none.
   *
   * @param train a data set that gives batches, or the examples as values: `{ inputs, targets }`.
   * @throws {HarmonicError} As {@link fit} does before anything changes; `IN_USE` if a run trains the model; `INVALID_DATA` if a
   *   loss is not finite because of the data.
   * @example
   * ```ts
   * const { suggestions } = await model.lrRangeTest(train);
   * const learningRate = suggestions.steepest ?? 1e-3; // For fit, or createOptimizer.
   * ```
   */
  async lrRangeTest<B extends Examples = Batch>(
    train: ExampleSource<B> | ExampleValues,
    options?: LrRangeTestOptions<B>,
  ): Promise<RangeTestResult> {
    const source = isExampleValues(train) ? await this.#sourceOf(train) : train;
    return lrRangeTest(this, source as ExampleSource<B>, this.#withTask(options));
  }

  /** A table of the layers, their shapes and parameter counts. */
  summary(options?: SummaryOptions): string {
    return summarize(this, options);
  }

  /**
   * The model as one safetensors file, with its configuration in the metadata.
   *
   * @param metadata more strings to keep in the file's metadata.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for metadata that are not strings; `UNSUPPORTED` after {@link dispose}.
   */
  async toBytes(metadata?: Record<string, string>): Promise<Uint8Array<ArrayBuffer>> {
    this.requireAlive();
    return encodeModelFile(this, this.variables, metadata);
  }

  /**
   * Makes the model in a file that was made by {@link toBytes} or a training checkpoint, in this release or an earlier one.
   *
   * @param file the bytes of the whole file, or the result of `readCheckpoint`.
   * @throws {HarmonicError} `INVALID_DATA` if it is not such a file, or holds another kind of model; `INVALID_ARGUMENT` if it is
   *   not bytes.
   */
  static fromBytes(file: Uint8Array | ArrayBuffer | Checkpoint): HarmonicMLP {
    const { config, tensors } = decodeModel(file);
    const model = new HarmonicMLP(config);
    try {
      assignStored(model.variables, tensors);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /** Options that are not an object are for their reader to refuse. */
  #withTask<O extends object>(options: O | undefined): O | undefined {
    if (this.config.task === undefined || (options != null && Object(options) !== options)) return options;
    return {
      ...options,
      task: (options as { task?: unknown } | undefined)?.task ?? this.task,
    } as unknown as O;
  }

  /** Values as a data set for the model's task. */
  #sourceOf(values: ExampleValues, isShuffled?: boolean): Promise<ArraySource> {
    const { inputSize } = this.config;
    return ArraySource.of(values, targetForm(this.config), { inputSize, isShuffled });
  }

  /** Arrays as a batch of inputs. */
  #inputsOf(given: Exclude<Numbers, Tensor>): Tensor2D {
    const { values, rows, width } = matrixOfArray('x', given, this.config.inputSize);
    return tensor2d(values, [rows, width]);
  }
}

/** Options of {@link HarmonicMLP.fit} for examples that are values. */
export interface ValueOptions {
  /** The fraction of the examples, the last ones, that are not trained on but are the validation data. Default: none. */
  validationSplit?: number;
  /** Whether each epoch takes the examples in another order. Default true. */
  shuffle?: boolean;
  /** Validation data, as values or as a data set. Default: none. */
  validation?: ExampleSource<Examples> | ExampleValues;
}
