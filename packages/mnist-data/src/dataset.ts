import { HarmonicError, type RandomKey, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import {
  type BatchCutting,
  type BatchOptions,
  batchCount,
  batchIndices,
  epochOrder,
  type OrderOptions,
} from './batch-indices';
import { type LabeledDatasetOptions, labeledDatasetOptions, requireExamples } from './dataset-options';
import { type Normalization, pixelTable } from './normalization';

/** A batch of examples as tensors. The consumer disposes of both tensors. */
export interface Batch {
  /** [size, inputSize], float32, normalized. */
  inputs: Tensor2D;
  /** [size], int32. */
  labels: Tensor1D;
  /** The number of examples. */
  size: number;
}

/** All examples as arrays, under the names that a {@link Batch} uses for its tensors. Do not write to them. */
export interface ExampleArrays {
  /** [size, inputSize] in row-major order, normalized. */
  readonly inputs: Float32Array;
  /** The class of each example, [size]. */
  readonly labels: Int32Array;
}

/**
 * Labeled examples in memory, served in batches of tensors. Bytes stay bytes until they are put in a batch, so MNIST takes 55
 * MB, not 220 MB.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` if the lengths do not fit together or there is no example; `INVALID_DATA` for a
 *   label that is not less than `classes`, and for an input that is not finite before or after normalization;
 *   `INVALID_ARGUMENT` for an option that is unknown or out of bounds, and for an array of the wrong type.
 * @example
 * ```ts
 * import { randomKey } from '@harmonic-mlp/core';
 *
 * const data = new LabeledDataset({
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
export class LabeledDataset {
  /** The number of examples. */
  readonly size: number;
  /** The examples as they are stored, [size, inputSize]. */
  readonly inputs: Uint8Array | Float32Array;
  /** The class of each example, [size]. */
  readonly labels: Uint8Array;
  /** The number of values in an example. */
  readonly inputSize: number;
  /** The number of classes. */
  readonly classes: number;
  /** The names of the classes, if known. */
  readonly classNames: readonly string[] | undefined;
  /** The rows and columns of each example, if examples are images. */
  readonly imageShape: readonly [number, number] | undefined;
  /** How batches are normalized. */
  readonly normalization: Readonly<Normalization> | undefined;
  /** The name of the data set in errors. */
  readonly name: string | undefined;

  readonly #writeInputs: InputWriter;

  constructor(options: LabeledDatasetOptions) {
    const example = 'new LabeledDataset({ inputs, labels, inputSize: 784, classes: 10 })';
    const given = requireOptions('options', options, example, labeledDatasetOptions);
    const { inputs, labels } = requireExamples(given);
    this.size = labels.length;
    this.inputs = inputs;
    this.labels = labels;
    this.inputSize = given.inputSize;
    this.classes = given.classes;
    this.classNames = given.classNames;
    this.imageShape = given.imageShape;
    this.normalization = given.normalization;
    this.name = given.name;
    this.#writeInputs = inputWriter(this);
  }

  /**
   * The number of batches that {@link batches} makes when it starts with the first.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` unless `batchSize` is a positive integer.
   */
  batchCount(cutting: BatchCutting): number {
    return batchCount(this.size, cutting);
  }

  /**
   * Iterates once over the data set, making each batch on demand.
   *
   * The consumer disposes of both tensors of each batch; the generator holds none, so leaving the loop early leaks nothing.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` for an option that is unknown or out of bounds: immediately, not with the
   *   first batch.
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
   * Returns all examples at once, for gathering batches yourself: batch `b` of {@link batches} is identical to the rows
   * `order.subarray(b * batchSize, (b + 1) * batchSize)` of these arrays, to the bit, where `order` is the result of
   * {@link order} for the same `shuffle`.
   *
   * Floats without normalization are returned as the data set's own memory. Bytes and normalized floats are converted on each
   * call, at 4 bytes per value: 188 MB for MNIST's 60,000 training images.
   *
   * @example
   * ```ts
   * const { inputs, labels } = train.arrays();
   * [inputs.length, labels.length]; // => [ 784000, 1000 ]
   * const [first] = train.order({ shuffle: 1 });
   * const image = inputs.subarray(first * train.inputSize, (first + 1) * train.inputSize);
   * ```
   */
  arrays(): ExampleArrays {
    const { inputs, labels, normalization } = this;
    return inputs.BYTES_PER_ELEMENT === 4 && normalization === undefined
      ? { inputs: inputs as Float32Array, labels: new Int32Array(labels) }
      : this.#gather(this.order());
  }

  /**
   * The order of the examples in an epoch, as in {@link batches} for the same `shuffle`.
   *
   * @returns each of 0 … size − 1 once.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown option, and if `shuffle` is not a seed or a random key.
   */
  order(options?: OrderOptions): Int32Array {
    return epochOrder(this.size, options);
  }

  /**
   * Returns a batch of the chosen examples, in the given order. The caller disposes of both tensors.
   *
   * @param indices the indices of the examples, each 0 … size − 1; at least one.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if an index is out of bounds or there is none.
   */
  batch(indices: ArrayLike<number>): Batch {
    requireNumber('indices.length', indices?.length, { integer: true, min: 1 });
    for (let row = 0; row < indices.length; row++) this.#requireIndex(`indices[${row}]`, indices[row]);
    return this.#batch(indices);
  }

  #batch(indices: ArrayLike<number>): Batch {
    const size = indices.length;
    // New arrays for every batch, because backends keep the array of a tensor, some of them without copying it.
    const { inputs, labels } = this.#gather(indices);
    return { inputs: tensor2d(inputs, [size, this.inputSize]), labels: tensor1d(labels, 'int32'), size };
  }

  #gather(indices: ArrayLike<number>): ExampleArrays {
    const inputs = new Float32Array(indices.length * this.inputSize);
    const labels = new Int32Array(indices.length);
    const arrays = { inputs, labels };
    this.gather(indices, arrays);
    return arrays;
  }

  /**
   * Writes a batch of the chosen examples into arrays: the values of the tensors that {@link batch} would make. The indices are
   * not checked.
   *
   * @param into `inputs` [indices, inputSize] and `labels` [indices].
   */
  gather(indices: ArrayLike<number>, { inputs, labels }: ExampleArrays): void {
    this.#writeInputs(indices, inputs);
    for (let row = 0; row < indices.length; row++) labels[row] = this.labels[indices[row]];
  }

  /**
   * Returns the examples `start` … `end` − 1 as a separate data set that shares this one's memory, for a validation split or
   * a quick trial on a few examples.
   *
   * @param end Default: `size`.
   * @throws {HarmonicError} `INVALID_ARGUMENT` unless 0 ≤ start < end ≤ size.
   */
  subset(start: number, end: number = this.size): LabeledDataset {
    requireNumber('start', start, { integer: true, min: 0, below: this.size });
    requireNumber('end', end, { integer: true, above: start, max: this.size });
    return this.#with(
      this.inputs.subarray(start * this.inputSize, end * this.inputSize),
      this.labels.subarray(start, end),
    );
  }

  /**
   * Splits a validation set off a training set.
   *
   * @param validation the number of examples, 1 … size − 1, or the fraction of them, between 0 and 1 (rounded, at least one).
   * @param shuffle the seed or random stream that draws them; the same one draws the same examples. Default: the last ones in
   *   the data set's own order, without a copy.
   * @returns both parts; in each, the examples keep their order.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if a part would be empty.
   * @example
   * ```ts
   * const { train: fewer, validation } = train.split(0.2, 1);
   * [fewer.size, validation.size]; // => [ 800, 200 ]
   * ```
   */
  split(
    validation: number,
    shuffle?: number | RandomKey,
  ): { train: LabeledDataset; validation: LabeledDataset } {
    const { size } = this;
    const isCount = Number.isInteger(validation) && validation < size;
    if (!(Number.isFinite(validation) && validation > 0 && (validation < 1 || isCount))) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'validation',
        value: validation,
        allowed: `a fraction less than 1, or an integer less than ${size}`,
      });
    }
    const count = validation < 1 ? Math.max(1, Math.round(validation * size)) : validation;
    if (count >= size) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'validation',
        value: validation,
        allowed: 'a fraction that leaves at least one example to train on',
      });
    }
    if (shuffle === undefined) {
      return { train: this.subset(0, size - count), validation: this.subset(size - count) };
    }
    const isDrawn = new Uint8Array(size);
    for (const index of this.order({ shuffle }).subarray(0, count)) isDrawn[index] = 1;
    const part = (mark: number) => this.#take(this.order().filter((index) => isDrawn[index] === mark));
    return { train: part(0), validation: part(1) };
  }

  /** Copies of chosen examples. */
  #take(indices: Int32Array): LabeledDataset {
    const { inputs, inputSize } = this;
    const length = indices.length * inputSize;
    const chosen = inputs.BYTES_PER_ELEMENT === 1 ? new Uint8Array(length) : new Float32Array(length);
    indices.forEach((index, row) => {
      chosen.set(inputs.subarray(index * inputSize, (index + 1) * inputSize), row * inputSize);
    });
    return this.#with(
      chosen,
      Uint8Array.from(indices, (index) => this.labels[index]),
    );
  }

  /** A data set of the same kind with other examples. */
  #with(inputs: Uint8Array | Float32Array, labels: Uint8Array): LabeledDataset {
    const { size, ...kind } = this;
    return new LabeledDataset({ ...kind, inputs, labels });
  }

  /**
   * Returns an example as it is stored, not normalized, for display.
   *
   * @returns its `inputSize` values, a view of the data set's memory, and its label.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if the index is out of bounds.
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

/** Writes the normalized inputs of chosen examples, one after the other. */
type InputWriter = (indices: ArrayLike<number>, values: Float32Array) => void;

function inputWriter(data: LabeledDataset): InputWriter {
  const { inputs, inputSize, normalization } = data;
  if (inputs.BYTES_PER_ELEMENT === 1) return pixelWriter(data);
  return (indices, values) => {
    for (let row = 0; row < indices.length; row++) copyExample(inputs, indices[row], values, row, inputSize);
    if (normalization === undefined) return;
    const { mean, std } = normalization;
    for (let i = 0; i < indices.length * inputSize; i++) values[i] = (values[i] - mean) / std;
  };
}

/** The bytes of examples that are copied at once: they stay in the processor's cache until they have been converted. */
const bytesAtOnce = 2 ** 17;

/**
 * Copies examples, which are far from each other in memory, before it looks at their pixels, four at a time: most of them are
 * background, and have been filled in.
 */
function pixelWriter({ inputs, inputSize, normalization, size }: LabeledDataset): InputWriter {
  const table = pixelTable(normalization);
  const most = Math.min(size, Math.max(1, Math.floor(bytesAtOnce / inputSize)));
  let pixels: Uint8Array | undefined;
  return (indices, values) => {
    pixels ??= new Uint8Array(4 * Math.ceil((most * inputSize) / 4));
    const words = new Uint32Array(pixels.buffer);
    values.fill(table[0], 0, indices.length * inputSize);
    for (let first = 0; first < indices.length; first += most) {
      const rows = Math.min(most, indices.length - first);
      for (let row = 0; row < rows; row++) copyExample(inputs, indices[first + row], pixels, row, inputSize);
      writePixels(pixels, words, table, values, first * inputSize, rows * inputSize);
    }
  };
}

/** Writes the values of pixels that are not 0. */
function writePixels(
  pixels: Uint8Array,
  words: Uint32Array,
  table: Float32Array,
  values: Float32Array,
  offset: number,
  count: number,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    if (words[i >> 2] === 0) continue;
    const at = offset + i;
    values[at] = table[pixels[i]];
    values[at + 1] = table[pixels[i + 1]];
    values[at + 2] = table[pixels[i + 2]];
    values[at + 3] = table[pixels[i + 3]];
  }
  for (; i < count; i++) values[offset + i] = table[pixels[i]];
}

function copyExample(
  from: Uint8Array | Float32Array,
  index: number,
  into: Uint8Array | Float32Array,
  row: number,
  inputSize: number,
): void {
  const start = index * inputSize;
  const example = from.subarray(start, start + inputSize);
  // Of no example, rather than of another one.
  if (example.length < inputSize) into.fill(Number.NaN, row * inputSize, (row + 1) * inputSize);
  into.set(example, row * inputSize);
}
