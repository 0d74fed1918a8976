import {
  HarmonicError,
  type RandomKey,
  randomKey,
  randomPermutation,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';
import { type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { type BatchCutting, type BatchOptions, batchCount, batchIndices } from './batch-indices';
import { type Normalisation, pixelTable, requireNormalisation } from './normalisation';
import { requirePixels, typeName, wrongArray } from './require-array';

/** Some examples as tensors. Who takes a batch disposes both tensors. */
export interface Batch {
  /** [size, inputSize], float32, normalised. */
  inputs: Tensor2D;
  /** [size], int32. */
  labels: Tensor1D;
  /** The number of examples. */
  size: number;
}

/** What makes a {@link LabelledDataset}. */
export interface LabelledDatasetOptions {
  /**
   * The examples in row-major order, [size, inputSize]: bytes are pixels, which stand for p/255; floats stand for
   * themselves, and must be finite. Not copied.
   */
  inputs: Uint8Array | Uint8ClampedArray | Float32Array;
  /** The class of each example, [size]. Bytes are not copied. */
  labels: Uint8Array | Uint8ClampedArray | Int32Array | readonly number[];
  /** The number of values of an example. */
  inputSize: number;
  /** The number of classes: labels are 0 … classes − 1. */
  classes: number;
  /** What each class stands for, one for each. Default: none. */
  classNames?: readonly string[];
  /** The rows and columns of an example that is an image. Default: none. */
  imageShape?: readonly [number, number];
  /** Batches hold `(x − mean)/deviation`, where x is p/255 for bytes. Default: mean 0, deviation 1. */
  normalisation?: Readonly<Normalisation>;
  /** What error messages call the data set. Default `'data set'`. */
  name?: string;
}

/**
 * Labelled examples in memory, handed out in batches of tensors. Bytes stay bytes until a batch is made of them,
 * so MNIST takes 55 MB, not 220.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` when the lengths do not fit together or there is no example;
 *   `INVALID_DATA` for a label that is not less than `classes`, and for an input that is not finite, or not so when it is
 *   normalised; `INVALID_ARGUMENT` for an option out of bounds and an array of another type.
 * @example
 * ```ts
 * import { randomKey } from '@harmonic-mlp/core';
 *
 * const data = new LabelledDataset({
 *   inputs: new Uint8Array([0, 255, 255, 0]),
 *   labels: new Uint8Array([1, 0]),
 *   inputSize: 2,
 *   classes: 2,
 * });
 * for (const { inputs, labels } of data.batches({ batchSize: 2, shuffle: randomKey(1) })) {
 *   // … use them …
 *   tf.dispose([inputs, labels]);
 * }
 * ```
 */
export class LabelledDataset {
  /** The number of examples. */
  readonly size: number;
  /** The examples as they are stored, [size, inputSize]. */
  readonly inputs: Uint8Array | Float32Array;
  /** The class of each example, [size]. */
  readonly labels: Uint8Array;
  /** The number of values of an example. */
  readonly inputSize: number;
  /** The number of classes. */
  readonly classes: number;
  /** What each class stands for, where that is known. */
  readonly classNames: readonly string[] | undefined;
  /** The rows and columns of an example that is an image. */
  readonly imageShape: readonly [number, number] | undefined;
  /** How batches are normalised. */
  readonly normalisation: Readonly<Normalisation> | undefined;
  /** What error messages call the data set. */
  readonly name: string;

  /** Writes the normalised example `index` to `values`, from `offset` on. */
  readonly #writeExample: (index: number, values: Float32Array, offset: number) => void;

  constructor(options: LabelledDatasetOptions) {
    const {
      inputSize,
      classes,
      classNames,
      imageShape,
      normalisation,
      name = 'data set',
    } = requireOptions(
      'options',
      options,
      'new LabelledDataset({ inputs, labels, inputSize: 784, classes: 10 })',
    );
    requireNumber('inputSize', inputSize, { integer: true, min: 1 });
    requireNumber('classes', classes, { integer: true, min: 1 });
    if (normalisation !== undefined) requireNormalisation(normalisation);
    const inputs = requireInputs(options.inputs);
    const givenLabels = requireLabels(options.labels);
    if (imageShape !== undefined && imageShape[0] * imageShape[1] !== inputSize) {
      throw new HarmonicError(
        'INVALID_SHAPE',
        `imageShape is [${imageShape}]; rows times columns must be inputSize, ${inputSize}.`,
      );
    }
    if (inputs.length % inputSize !== 0) {
      throw new HarmonicError(
        'INVALID_SHAPE',
        `${name}: inputs has ${inputs.length} values, which is no multiple of inputSize, ${inputSize}. Set inputSize to what every example has.`,
      );
    }
    if (classNames !== undefined && classNames.length !== classes) {
      throw new HarmonicError(
        'INVALID_SHAPE',
        `${name}: there are ${classNames.length} classNames for ${classes} classes. Give one name for each class.`,
      );
    }
    const size = inputs.length / inputSize;
    if (givenLabels.length !== size) {
      const fix =
        size === 4 * givenLabels.length
          ? 'If these are the red, green, blue and alpha of ImageData, make them grey with greyFromRgba first.'
          : 'Give one label for each example.';
      throw new HarmonicError(
        'INVALID_SHAPE',
        `${name}: there are ${givenLabels.length} labels for ${size} examples of ${inputSize} values. ${fix}`,
      );
    }
    if (size === 0) {
      throw new HarmonicError('INVALID_SHAPE', `${name} has no example; give at least one.`);
    }
    const labels = classNumbers(givenLabels, classes, name);
    requireFinite(inputs, inputSize, normalisation, name);

    this.size = size;
    this.inputs = inputs;
    this.labels = labels;
    this.inputSize = inputSize;
    this.classes = classes;
    this.classNames = classNames;
    this.imageShape = imageShape;
    this.normalisation = normalisation;
    this.name = name;
    this.#writeExample = exampleWriter(inputs, inputSize, normalisation);
  }

  /**
   * How many batches {@link batches} makes, when it starts with the first.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` when `batchSize` is no positive integer.
   */
  batchCount(cutting: BatchCutting): number {
    return batchCount(this.size, cutting);
  }

  /**
   * Goes once through the data set, in batches made one at a time as they are asked for.
   *
   * The consumer disposes both tensors of each batch; the generator holds none, so leaving the loop early leaks
   * nothing.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT`, at once and not with the first batch, when an option is out of
   *   bounds.
   * @example
   * ```ts
   * import { foldIn, randomKey } from '@harmonic-mlp/core';
   *
   * const shuffle = foldIn(foldIn(randomKey(42), 'shuffle'), 3); // the order of epoch 3
   * for (const { inputs, labels } of train.batches({ batchSize: 128, shuffle })) {
   *   // … use them …
   *   tf.dispose([inputs, labels]);
   * }
   * ```
   */
  batches(options: BatchOptions): Generator<Batch, void, undefined> {
    return this.#batches(batchIndices(this.size, options));
  }

  *#batches(batches: Iterable<ArrayLike<number>>) {
    for (const indices of batches) yield this.#batch(indices);
  }

  /**
   * The batch of chosen examples, in the order given. The caller disposes both tensors.
   *
   * @param indices of examples, each 0 … size − 1; at least one.
   * @throws {HarmonicError} `INVALID_ARGUMENT` when an index is out of bounds or there is none.
   */
  batch(indices: ArrayLike<number>): Batch {
    requireNumber('indices.length', indices?.length, { integer: true, min: 1 });
    for (let row = 0; row < indices.length; row++) this.#requireIndex(`indices[${row}]`, indices[row]);
    return this.#batch(indices);
  }

  #batch(indices: ArrayLike<number>): Batch {
    const size = indices.length;
    // New arrays for every batch: backends keep the array of a tensor, some of them without copying it.
    const inputs = new Float32Array(size * this.inputSize);
    const labels = new Int32Array(size);
    for (let row = 0; row < size; row++) {
      const index = indices[row];
      this.#writeExample(index, inputs, row * this.inputSize);
      labels[row] = this.labels[index];
    }
    return { inputs: tensor2d(inputs, [size, this.inputSize]), labels: tensor1d(labels, 'int32'), size };
  }

  /**
   * The examples `start` … `end` − 1 as a data set of their own, which shares this one's memory: for a validation
   * split, or a quick trial on few examples.
   *
   * @param end default `size`.
   * @throws {HarmonicError} `INVALID_ARGUMENT` unless 0 ≤ start < end ≤ size.
   */
  subset(start: number, end: number = this.size): LabelledDataset {
    requireNumber('start', start, { integer: true, min: 0, below: this.size });
    requireNumber('end', end, { integer: true, above: start, max: this.size });
    return this.#with(
      this.inputs.subarray(start * this.inputSize, end * this.inputSize),
      this.labels.subarray(start, end),
    );
  }

  /**
   * Carves a validation set out of a training set.
   *
   * @param validation how many examples, 1 … size − 1, or which fraction of them, between 0 and 1 (rounded, at least
   *   one).
   * @param shuffle the seed or the random stream that draws them; the same draws the same. Default: the last ones in the
   *   data set's own order, and nothing is copied.
   * @returns both parts; in each the examples keep their order.
   * @throws {HarmonicError} `INVALID_ARGUMENT` when nothing would be left for a part.
   * @example
   * ```ts
   * const { train: fewer, validation } = train.split(0.2, 1);
   * [fewer.size, validation.size]; // => [ 800, 200 ]
   * ```
   */
  split(
    validation: number,
    shuffle?: number | RandomKey,
  ): { train: LabelledDataset; validation: LabelledDataset } {
    const { size } = this;
    requireNumber('validation', validation, { above: 0, below: size, integer: validation >= 1 });
    const count = validation < 1 ? Math.max(1, Math.round(validation * size)) : validation;
    requireNumber('the number of validation examples', count, { below: size });
    if (shuffle === undefined) {
      return { train: this.subset(0, size - count), validation: this.subset(size - count) };
    }
    const drawn = randomPermutation(randomKey(shuffle, 'shuffle'), size).subarray(0, count);
    const isDrawn = new Uint8Array(size);
    for (const index of drawn) isDrawn[index] = 1;
    return { train: this.#where(isDrawn, 0, size - count), validation: this.#where(isDrawn, 1, count) };
  }

  #where(marks: Uint8Array, mark: number, count: number): LabelledDataset {
    const { inputs, inputSize } = this;
    const chosen =
      inputs.BYTES_PER_ELEMENT === 1
        ? new Uint8Array(count * inputSize)
        : new Float32Array(count * inputSize);
    let row = 0;
    for (let index = 0; index < this.size; index++) {
      if (marks[index] !== mark) continue;
      chosen.set(inputs.subarray(index * inputSize, (index + 1) * inputSize), row++ * inputSize);
    }
    return this.#with(
      chosen,
      this.labels.filter((_, index) => marks[index] === mark),
    );
  }

  /** A data set of the same kind with other examples. */
  #with(inputs: Uint8Array | Float32Array, labels: Uint8Array): LabelledDataset {
    const { inputSize, classes, classNames, imageShape, normalisation, name } = this;
    return new LabelledDataset({
      inputs,
      labels,
      inputSize,
      classes,
      classNames,
      imageShape,
      normalisation,
      name,
    });
  }

  /**
   * An example as it is stored, not normalised, to show it.
   *
   * @returns its `inputSize` values, a view of the data set's memory, and its label.
   * @throws {HarmonicError} `INVALID_ARGUMENT` when the index is out of bounds.
   */
  image(index: number): { pixels: Uint8Array | Float32Array; label: number } {
    this.#requireIndex('index', index);
    const offset = index * this.inputSize;
    return { pixels: this.inputs.subarray(offset, offset + this.inputSize), label: this.labels[index] };
  }

  #requireIndex(name: string, index: number): void {
    requireNumber(name, index, { integer: true, min: 0, below: this.size });
  }
}

function requireInputs(inputs: LabelledDatasetOptions['inputs']): Uint8Array | Float32Array {
  const type = typeName(inputs);
  if (type === 'Float32Array') return inputs as Float32Array;
  if (type === 'Uint8Array' || type === 'Uint8ClampedArray')
    return requirePixels('inputs', inputs as Uint8Array);
  throw wrongArray(
    'inputs',
    inputs,
    ['Uint8Array', 'Uint8ClampedArray', 'Float32Array'],
    'Convert pixels of 0 to 255 with Uint8Array.from, other values with Float32Array.from.',
  );
}

function requireLabels(labels: LabelledDatasetOptions['labels']): LabelledDatasetOptions['labels'] {
  const types = ['Uint8Array', 'Uint8ClampedArray', 'Int32Array', 'Array'];
  if (types.includes(typeName(labels))) return labels;
  throw wrongArray('labels', labels, types, 'Convert them with Uint8Array.from.');
}

/** The labels as bytes, not copied where they are bytes already. */
function classNumbers(labels: LabelledDatasetOptions['labels'], classes: number, name: string): Uint8Array {
  const most = Math.min(classes, 256) - 1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (Number.isInteger(label) && label >= 0 && label <= most) continue;
    const fault = `${name}: label ${i} is ${label}, expected`;
    throw new HarmonicError(
      'INVALID_DATA',
      label > most && classes <= 256
        ? `${fault} at most ${most}, because classes is ${classes}. Correct the label or raise classes.`
        : `${fault} an integer from 0 to ${most}. Correct the label.`,
    );
  }
  return 'buffer' in labels && labels.BYTES_PER_ELEMENT === 1
    ? requirePixels('labels', labels as Uint8Array)
    : Uint8Array.from(labels);
}

/** Checks that every input is a finite number, normalised too. */
function requireFinite(
  inputs: Uint8Array | Float32Array,
  inputSize: number,
  { mean, deviation }: Normalisation = { mean: 0, deviation: 1 },
  name: string,
): void {
  const scale = inputs.BYTES_PER_ELEMENT === 1 ? 255 : 1;
  const normalised = (value: number) => Math.fround((value / scale - mean) / deviation);
  const staysFinite = (value: number) => Number.isFinite(normalised(value));
  // Between finite ends all is finite.
  if (scale === 255 && staysFinite(0) && staysFinite(255)) return;
  const at = inputs.findIndex((value) => !staysFinite(value));
  if (at < 0) return;
  const value = inputs[at];
  const fault = Number.isFinite(value)
    ? `${value}, which normalised is ${normalised(value)}: (${scale === 1 ? 'x' : 'p/255'} − ${mean})/${deviation}. Correct the value or the normalisation.`
    : `${value}, expected a finite number. Correct it, or leave the example out.`;
  throw new HarmonicError(
    'INVALID_DATA',
    `${name}: feature ${at % inputSize} of example ${Math.floor(at / inputSize)} is ${fault}`,
  );
}

function exampleWriter(
  inputs: Uint8Array | Float32Array,
  inputSize: number,
  normalisation: Normalisation | undefined,
): (index: number, values: Float32Array, offset: number) => void {
  if (inputs.BYTES_PER_ELEMENT === 1) {
    const table = pixelTable(normalisation);
    return (index, values, offset) => {
      const from = index * inputSize;
      for (let i = 0; i < inputSize; i++) values[offset + i] = table[inputs[from + i]];
    };
  }
  if (normalisation === undefined) {
    return (index, values, offset) =>
      values.set(inputs.subarray(index * inputSize, (index + 1) * inputSize), offset);
  }
  const { mean, deviation } = normalisation;
  return (index, values, offset) => {
    const from = index * inputSize;
    for (let i = 0; i < inputSize; i++) values[offset + i] = (inputs[from + i] - mean) / deviation;
  };
}
