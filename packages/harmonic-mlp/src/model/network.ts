import {
  add,
  dropout,
  foldIn,
  gaussianNoise,
  HarmonicError,
  type RandomKey,
  randomKey,
} from '@harmonic-mlp/core';
import {
  activations,
  type DenseLayer,
  FourierFeatures,
  type LayerOptions,
  makeLayer,
  outputOf,
  requireInput,
} from '@harmonic-mlp/harmonic-layer';
import {
  concat,
  div,
  maximum,
  mul,
  sqrt,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { ExampleSource, Examples } from '../data';
import { BatchNormLayer } from './batch-norm-layer';
import {
  encodedSizeOf,
  type HarmonicMLPConfig,
  type HarmonicMLPOptions,
  hyperparametersOf,
  outputSizeOf,
  resolveConfig,
} from './config';
import { DataUnits, measureUnits } from './data-units';
import { LayerNormLayer } from './layer-norm-layer';
import type { Model, ModelConcern } from './model';
import { concernOf, wavesOf } from './waves';

/** A hidden layer with its normalization. */
export interface HiddenBlock {
  /** A `HarmonicLayer`, unless the model's activation or its periods are others. */
  readonly layer: DenseLayer & { readonly bias: Variable };
  /** Normalizes the layer's output or, with `norm: 'before'`, its pre-activations; undefined with `norm: 'none'`. */
  readonly norm: BatchNormLayer | LayerNormLayer | undefined;
}

/** Makes a layer with a bias, which is the default. */
const layerWithBias = (options: LayerOptions) =>
  makeLayer(options) as DenseLayer & { readonly bias: Variable };

const withNoise = (x: Tensor2D, deviation: number, key: RandomKey): Tensor2D =>
  add({ a: x, b: gaussianNoise({}, { shape: x.shape, deviation, key }) });

const hasPeriods = (layer: DenseLayer): layer is DenseLayer & { readonly periods: Float32Array } =>
  layer.periods?.some((period) => period > 0) ?? false;

/** How the hidden layers are computed. */
interface Pass {
  normalize(norm: NonNullable<HiddenBlock['norm']>, values: Tensor2D): Tensor2D;
  /** Default: no noise. */
  addNoise?(z: Tensor2D): Tensor2D;
  /** Sees the arguments of the activations. */
  see?(block: HiddenBlock, z: Tensor2D): void;
}

const inference: Pass = { normalize: (norm, values) => norm.apply(values) };

/** The layers of a `HarmonicMLP` and their computation. */
export class Network implements Model {
  /** The name of this kind of model in its files. */
  readonly architecture: string = 'HarmonicMLP';
  /** The complete configuration, plain JSON. */
  readonly config: Readonly<HarmonicMLPConfig>;
  /** The hidden layers, from the input on. */
  readonly hidden: readonly HiddenBlock[];
  /** The linear layer that computes the outputs. */
  readonly output: DenseLayer & { readonly bias: Variable };
  /** The units of the inputs, if they are standardized. */
  readonly inputUnits: DataUnits | undefined;
  /** The Fourier features that the first layer sees, if any. */
  readonly fourierFeatures: FourierFeatures | undefined;
  /** The units of the outputs of a regression. */
  readonly targetUnits: DataUnits | undefined;

  constructor(options?: HarmonicMLPOptions) {
    this.config = resolveConfig(options);
    const { inputSize, hidden, baseFreq, maxFreq, periods, norm, normKind, seed } = this.config;
    const { fourierFeatures: encoding, standardizeInputs, task } = this.config;
    const NormLayer = normKind === 'layer' ? LayerNormLayer : BatchNormLayer;
    const weights = foldIn(randomKey(seed), 'weights');
    const made: { dispose(): void }[] = [];
    const own = <T extends { dispose(): void }>(part: T): T => {
      made.push(part);
      return part;
    };
    try {
      this.fourierFeatures =
        encoding === undefined
          ? undefined
          : own(new FourierFeatures({ inputSize, encoding, seed: foldIn(weights, 'fourier') }));
      const sizes = [encodedSizeOf(this.config), ...hidden];
      this.hidden = hidden.map((units, i) => {
        const layer = own(
          layerWithBias({
            ...hyperparametersOf(this.config),
            inputSize: sizes[i],
            units,
            activation: this.config.activation,
            ...(periods === undefined
              ? { baseFreq: baseFreq[i], maxFreq: maxFreq[i] }
              : { periods: periods[i] }),
            isFirst: i === 0,
            seed: foldIn(weights, `hidden.${i}`),
          }),
        );
        const width = norm === 'before' ? layer.kernel.shape[1]! : units;
        return { layer, norm: norm === 'none' ? undefined : own(new NormLayer(width)) };
      });
      this.output = own(
        layerWithBias({
          inputSize: sizes[hidden.length],
          units: outputSizeOf(this.config),
          activation:
            hidden.length === 0
              ? 'linear'
              : outputOf(activations[this.config.activation], hyperparametersOf(this.config)),
          seed: foldIn(weights, 'output'),
        }),
      );
      this.inputUnits = standardizeInputs ? own(new DataUnits('inputs', inputSize)) : undefined;
      this.targetUnits = task === 'regression' ? own(new DataUnits('targets', this.outputSize)) : undefined;
    } catch (error) {
      for (const part of made) part.dispose();
      throw error;
    }
  }

  /** The width of the input. */
  get inputSize(): number {
    return this.config.inputSize;
  }

  /** The width of the output. */
  get outputSize(): number {
    return outputSizeOf(this.config);
  }

  /** The seed of the shuffles and dropout masks of a run that is not given its own. */
  get seed(): number {
    return this.config.seed;
  }

  /** 2 with batch normalization, because the variance of one example is undefined; otherwise 1. */
  get smallestBatch(): number {
    return this.hidden.some(({ norm }) => norm instanceof BatchNormLayer) ? 2 : 1;
  }

  /** The hidden layers whose units have periods, for a `FrequencyAwareOptimizer`. */
  get harmonicLayers(): (DenseLayer & { readonly periods: Float32Array })[] {
    return this.hidden.map(({ layer }) => layer).filter((layer) => hasPeriods(layer));
  }

  /** The variables that the optimizer trains, by path: `hidden.0/kernel`, `hidden.0/norm/gamma`, …, `output/bias`. */
  get parameters(): Record<string, Variable> {
    return this.#collect(({ weights }) => weights);
  }

  /** Everything that makes up the trained model, by path: the parameters and the running statistics. */
  get variables(): Record<string, Variable> {
    const parts = this.#collect((part) => ({
      ...part.weights,
      ...('statistics' in part ? part.statistics : {}),
    }));
    const statistics = this.#units.flatMap(({ field, statistics }) =>
      Object.entries(statistics).map(([name, value]) => [`${field}/${name}`, value]),
    );
    const frequencies = this.fourierFeatures && { 'fourier/frequencies': this.fourierFeatures.frequencies };
    return { ...parts, ...frequencies, ...Object.fromEntries(statistics) };
  }

  get #units(): DataUnits[] {
    return [this.inputUnits, this.targetUnits].filter((units) => units !== undefined);
  }

  /** The number of trained values. */
  get parameterCount(): number {
    return Object.values(this.parameters).reduce((total, { size }) => total + size, 0);
  }

  /** Whether training steps do the same operations for all batches of one shape: not if a subclass computes something else. */
  get isPure(): boolean {
    const own = Network.prototype;
    return (['forward', 'logits', 'trainingLogits', 'constrain'] as const).every(
      (name) => this[name] === own[name],
    );
  }

  /** Whether {@link dispose} has been called. */
  get isDisposed(): boolean {
    return this.output.kernel.isDisposed;
  }

  /**
   * The logits: with a dropout key, as in training ({@link trainingLogits}); without one, as in inference ({@link logits}).
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} As {@link logits}.
   */
  forward(x: Tensor2D, dropoutKey?: RandomKey): Tensor2D {
    return dropoutKey === undefined ? this.logits(x) : this.trainingLogits(x, dropoutKey);
  }

  /**
   * The logits in inference: running statistics, no dropout. The values of the input are not checked: one that is not finite
   * makes the logits of its example meaningless.
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for an input that is not a tensor; `INVALID_SHAPE` for an input of another width;
   *   `UNSUPPORTED` after {@link dispose}.
   */
  logits(x: Tensor2D): Tensor2D {
    this.#requireInput(x);
    return tidy(() =>
      this.output.apply(
        this.hidden.reduce((h, block) => this.#applyBlock(block, h, inference), this.#encoded(x)),
      ),
    );
  }

  /**
   * What the hidden layers give to the next one in inference, normalized and with their skip connections, by path: `hidden.0`, …
   *
   * @param x [batch, inputSize].
   * @returns [batch, units] for each, new tensors.
   * @throws {HarmonicError} As {@link logits}.
   */
  hiddenActivations(x: Tensor2D): Record<string, Tensor2D> {
    this.#requireInput(x);
    return tidy(() => {
      let h = this.#encoded(x);
      const activations = this.hidden.map((block, i) => {
        h = this.#applyBlock(block, h, inference);
        return [`hidden.${i}`, h] as const;
      });
      return Object.fromEntries(activations);
    });
  }

  /**
   * The logits in training: with the batch's own statistics, toward which the running ones move, and with dropout.
   *
   * @param x [batch, inputSize], at least two examples.
   * @param dropoutKey the random stream of the dropout masks; a new one for each step.
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} As {@link logits}, and `INVALID_SHAPE` for an input of one example.
   */
  trainingLogits(x: Tensor2D, dropoutKey: RandomKey): Tensor2D {
    this.#requireInput(x);
    const { dropout: rate, inputNoise = 0 } = this.config;
    return tidy(() => {
      const { noise = 0 } = this.config;
      const encoded = this.#encoded(x, (inputs) =>
        inputNoise === 0 ? inputs : withNoise(inputs, inputNoise, foldIn(dropoutKey, 'input')),
      );
      const last = this.hidden.reduce((h, block, i) => {
        const key = foldIn(dropoutKey, i);
        const y = this.#applyBlock(block, h, {
          normalize: (norm, values) => norm.applyTraining(values),
          ...(noise > 0 && { addNoise: (z) => withNoise(z, noise, foldIn(key, 'noise')) }),
        });
        return rate === 0 ? y : dropout(y, { rate, key });
      }, encoded);
      return this.output.apply(last);
    });
  }

  /** Measures the units of standardized inputs and of a regression's targets, unless they have been measured before. */
  async prepare(train: Pick<ExampleSource<Examples>, 'batches'>): Promise<void> {
    await measureUnits(this.#units, train);
  }

  /**
   * Finds layers whose periods do not suit what they see: half of the units see less than a quarter of a wave, so that they are
   * nearly linear, or more than a hundred, so that neighboring inputs have unrelated outputs. It needs some examples to tell,
   * at least eight.
   */
  async findConcerns(x: Tensor2D): Promise<ModelConcern[]> {
    this.#requireInput(x);
    const layers = this.hidden.flatMap(({ layer }, i) => (hasPeriods(layer) ? [{ layer, place: i }] : []));
    if (x.shape[0] < 8 || layers.length === 0) return [];
    const waves = tidy(() => {
      const seen: Tensor1D[] = [];
      this.hidden.reduce(
        (h, block) =>
          this.#applyBlock(block, h, {
            normalize: (norm, values) => norm.applyToBatch(values),
            see: ({ layer }, z) => {
              if (hasPeriods(layer)) seen.push(wavesOf(layer, z));
            },
          }),
        this.#encoded(x),
      );
      return concat(seen);
    });
    try {
      const all = await waves.data<'float32'>();
      let first = 0;
      return layers.flatMap(({ layer, place }) => {
        const own = all.subarray(first, first + layer.periods.length);
        first += own.length;
        return concernOf(`hidden.${place}`, own) ?? [];
      });
    } finally {
      waves.dispose();
    }
  }

  /** Shortens the incoming weights of hidden units that are longer than `maxNorm`. */
  constrain(): void {
    const { maxNorm } = this.config;
    if (maxNorm === undefined) return;
    tidy(() => {
      for (const { layer } of this.hidden) {
        const norms = sqrt(sum(square(layer.kernel), 0));
        layer.kernel.assign(mul(layer.kernel, div(maxNorm, maximum(norms, maxNorm))));
      }
    });
  }

  /** @throws {HarmonicError} `UNSUPPORTED` after {@link dispose}. */
  requireAlive(): void {
    if (!this.isDisposed) return;
    throw new HarmonicError('UNSUPPORTED', {
      problem: 'This HarmonicMLP was disposed: its weights are gone.',
      fix: 'Call dispose() last, or make another model, such as from the bytes of an earlier toBytes().',
    });
  }

  /** Frees the weights and statistics. A run that is using them ends with an `IN_USE` error. */
  dispose(): void {
    for (const { layer, norm } of this.hidden) {
      layer.dispose();
      norm?.dispose();
    }
    this.output.dispose();
    this.fourierFeatures?.dispose();
    for (const units of this.#units) units.dispose();
  }

  /** What the first layer sees: the standardized inputs, with noise, or their Fourier features. */
  #encoded(x: Tensor2D, addNoise = (inputs: Tensor2D) => inputs): Tensor2D {
    let inputs = x;
    if (this.inputUnits !== undefined) {
      const { mean, deviation } = this.inputUnits.tensors;
      inputs = div(sub(x, mean), deviation);
    }
    const noisy = addNoise(inputs);
    return this.fourierFeatures?.apply(noisy) ?? noisy;
  }

  /** A hidden layer with its normalization, noise, and skip connection. */
  #applyBlock(block: HiddenBlock, x: Tensor2D, { normalize, addNoise, see }: Pass): Tensor2D {
    const { layer, norm } = block;
    const { norm: place, skipConnections } = this.config;
    const normalized = (values: Tensor2D) => (norm === undefined ? values : normalize(norm, values));
    const isPlain = (place !== 'before' || norm === undefined) && addNoise === undefined && see === undefined;
    let y: Tensor2D;
    if (isPlain) y = layer.apply(x);
    else {
      const affine = layer.preActivations(x);
      const z = place === 'before' ? normalized(affine) : affine;
      see?.(block, z);
      y = layer.activate(addNoise?.(z) ?? z);
    }
    if (place !== 'before') y = normalized(y);
    return skipConnections && y.shape[1] === x.shape[1] ? add({ a: y, b: x }) : y;
  }

  #collect(
    variablesOf: (part: DenseLayer | BatchNormLayer | LayerNormLayer) => Record<string, Variable>,
  ): Record<string, Variable> {
    const parts = this.hidden.flatMap(({ layer, norm }, i) => [
      [`hidden.${i}`, layer] as const,
      ...(norm === undefined ? [] : [[`hidden.${i}/norm`, norm] as const]),
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
