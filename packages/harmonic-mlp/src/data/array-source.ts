import {
  HarmonicError,
  type Matrix,
  matrixOf,
  type Numbers,
  nearestName,
  type RandomKey,
  randomPermutation,
  requireEach,
  type UsableNumbers,
} from '@harmonic-mlp/core';
import { tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { BatchRequest, ExampleSource, Examples } from './batch-source';

/** Examples as values: what a program has before it makes a data set of them. */
export interface ExampleValues {
  /** A row for each example; an array that is not nested is one column, or rows of the model's width one after the other. */
  readonly inputs: Numbers;
  /**
   * A row for each example: numbers, or 0 and 1 for each label. For a classification, the class of each example, or rows with a 1
   * for its class.
   */
  readonly targets: Numbers;
  /** The weight of each example in the loss, at least 0. Default: 1. */
  readonly weights?: Numbers;
}

/** Whether something is to be taken as values, rather than as a data set. */
export const isExampleValues = (data: unknown): data is ExampleValues =>
  typeof data === 'object' && data !== null && 'targets' in data && !('batches' in data);

/** What a task makes of the targets in {@link ExampleValues}. */
export interface TargetForm {
  /** The name of the targets in a batch. */
  readonly field: 'labels' | 'targets';
  /** The number of classes, for labels. */
  readonly classes?: number;
  /** The width of the targets, for numbers. */
  readonly width?: number;
  /** The numbers that can be targets. Default: finite ones. */
  readonly usable?: UsableNumbers;
}

/** Examples in memory. */
export class ArraySource implements ExampleSource<Examples> {
  readonly size: number;
  readonly inputSize: number;
  /** The number of classes, if the targets are labels. */
  readonly classes: number | undefined;
  /** The width of the targets, if they are numbers. */
  readonly outputSize: number | undefined;
  readonly #inputs: Matrix;
  readonly #targets: Matrix | Int32Array;
  readonly #weights: Float32Array | undefined;
  readonly #order: Int32Array;
  readonly #isShuffled: boolean;

  private constructor(parts: {
    inputs: Matrix;
    targets: Matrix | Int32Array;
    weights: Float32Array | undefined;
    classes: number | undefined;
    /** The rows that are part of the data set. */
    rows: Int32Array;
    isShuffled: boolean;
  }) {
    this.#inputs = parts.inputs;
    this.#targets = parts.targets;
    this.#weights = parts.weights;
    this.#order = parts.rows;
    this.#isShuffled = parts.isShuffled;
    this.size = parts.rows.length;
    this.inputSize = parts.inputs.width;
    this.classes = parts.classes;
    this.outputSize = 'width' in parts.targets ? parts.targets.width : undefined;
  }

  /**
   * Makes a data set of values.
   *
   * @throws {HarmonicError} `INVALID_SHAPE` for rows that do not fit together, `INVALID_DATA` for a value that is not finite or
   *   not a class, `INVALID_ARGUMENT` for anything else that is not numbers.
   */
  static async of(
    values: ExampleValues,
    form: TargetForm,
    { inputSize, isShuffled = true }: { inputSize: number; isShuffled?: boolean },
  ): Promise<ArraySource> {
    const { inputs, targets, weights } = requireNames(values);
    const matrix = await matrixOf('inputs', inputs, inputSize);
    requireEach('inputs', matrix, 'feature');
    const goals = await targetsOf(targets, form);
    const count = 'rows' in goals ? goals.rows : goals.length;
    requireCount('targets', targets, count, matrix.rows);
    return new ArraySource({
      inputs: matrix,
      targets: goals,
      weights: weights == null ? undefined : await weightsOf(weights, matrix.rows),
      classes: form.classes,
      rows: Int32Array.from({ length: matrix.rows }, (_, row) => row),
      isShuffled,
    });
  }

  /**
   * The first examples, and the rest: the last ones, for validation, as in Keras.
   *
   * @param fraction the fraction of examples for validation, between 0 and 1.
   * @throws {HarmonicError} `INVALID_ARGUMENT` if a part would be empty.
   */
  split(fraction: number): { train: ArraySource; validation: ArraySource } {
    const count = Math.round(this.size * fraction);
    const isFraction = typeof fraction === 'number' && fraction > 0 && fraction < 1;
    if (!(isFraction && count >= 1 && count < this.size)) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'validationSplit',
        value: fraction,
        allowed: `a fraction between 0 and 1 that leaves at least one of the ${this.size} examples for each part`,
      });
    }
    const part = (rows: Int32Array) =>
      new ArraySource({
        inputs: this.#inputs,
        targets: this.#targets,
        weights: this.#weights,
        classes: this.classes,
        rows,
        isShuffled: this.#isShuffled,
      });
    const first = this.size - count;
    return { train: part(this.#order.slice(0, first)), validation: part(this.#order.slice(first)) };
  }

  /** The rows in the order of an epoch. */
  order({ shuffle }: { shuffle?: RandomKey } = {}): Int32Array {
    if (shuffle === undefined || !this.#isShuffled) return Int32Array.from(this.#order, (_, i) => i);
    return new Int32Array(randomPermutation(shuffle, this.size));
  }

  *batches({ batchSize, shuffle, start = 0 }: BatchRequest): Generator<Examples, void, undefined> {
    const order = this.order({ shuffle });
    for (let first = start * batchSize; first < this.size; first += batchSize)
      yield this.batch(order.subarray(first, first + batchSize));
  }

  /** The batch of these examples. */
  batch(rows: Int32Array): Examples {
    const size = rows.length;
    const { inputSize, outputSize } = this;
    const inputs = new Float32Array(size * inputSize);
    const targets = outputSize === undefined ? new Int32Array(size) : new Float32Array(size * outputSize);
    const weights = this.#weights && new Float32Array(size);
    this.gather(rows, { inputs, [outputSize === undefined ? 'labels' : 'targets']: targets, weights });
    return {
      inputs: tensor2d(inputs, [size, inputSize]),
      ...(outputSize === undefined
        ? { labels: tensor1d(targets as Int32Array, 'int32') }
        : { targets: tensor2d(targets, [size, outputSize]) }),
      ...(weights && { weights: tensor1d(weights) }),
      size,
    };
  }

  /** Writes these examples into arrays. */
  gather(rows: Int32Array, into: { readonly [name: string]: Float32Array | Int32Array | undefined }): void {
    const [order, targets, weights] = [this.#order, this.#targets, this.#weights];
    copyRows(this.#inputs.values, this.inputSize, order, rows, into.inputs!);
    if ('rows' in targets) copyRows(targets.values, targets.width, order, rows, into.targets!);
    else copyRows(targets, 1, order, rows, into.labels!);
    if (weights !== undefined) copyRows(weights, 1, order, rows, into.weights!);
  }
}

/** From this width on, the engine's own loop is faster, although it needs an object for each row. */
const wide = 64;

/** Copies the rows `order[rows[0]]`, `order[rows[1]]`, … of values. */
function copyRows(
  values: Float32Array | Int32Array,
  width: number,
  order: Int32Array,
  rows: Int32Array,
  to: Float32Array | Int32Array,
): void {
  if (width === 1) {
    // By itself, since labels are integers, and a loop that has only seen floats is faster.
    for (let i = 0; i < rows.length; i++) to[i] = values[order[rows[i]]];
    return;
  }
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const first = order[rows[i]] * width;
    const end = first + width;
    if (width < wide) for (let k = first; k < end; k++) to[at++] = values[k];
    else to.set(values.subarray(first, end), i * width);
  }
}

const names: readonly string[] = ['inputs', 'targets', 'weights'] satisfies (keyof ExampleValues)[];

/** Refuses a name that is nearly one of those that are read; others may be there. */
function requireNames(values: ExampleValues): ExampleValues {
  for (const name of Object.keys(values)) {
    const near = names.includes(name) ? undefined : nearestName(name, names);
    if (near === undefined) continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      value: values[name as never],
      allowed: `one of ${names.join(', ')}`,
      problem: `Examples have no ${JSON.stringify(name)}.`,
      fix: `Did you mean ${near}?`,
    });
  }
  return values;
}

async function targetsOf(
  targets: Numbers,
  { field, classes, width, usable }: TargetForm,
): Promise<Matrix | Int32Array> {
  if (field === 'targets') {
    const matrix = await matrixOf('targets', targets, width);
    requireEach('targets', matrix, 'target', usable);
    return matrix;
  }
  const matrix = await matrixOf('targets', targets);
  const labels = matrix.width === classes ? classesOfRows(matrix) : matrix.values;
  if (labels.length !== matrix.rows) {
    throw new HarmonicError('INVALID_SHAPE', {
      argument: 'targets',
      value: targets,
      allowed: `a class for each example, or rows of ${classes} numbers`,
      problem: `targets has rows of ${matrix.width} numbers, but the model has ${classes} classes.`,
    });
  }
  const bad = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes!));
  if (bad >= 0 && matrix.width > 1) {
    const row = matrix.values.slice(bad * matrix.width, (bad + 1) * matrix.width);
    throw new HarmonicError('INVALID_DATA', {
      argument: `targets[${bad}]`,
      value: row,
      allowed: 'a row with one 1, for the class, and zeros',
      problem: `The target of example ${bad} is [${row}]; it must have one 1, for its class, and zeros.`,
      fix: 'With several labels for each example, make the model for the task multi-label. (Examples are counted from 0.)',
    });
  }
  if (bad >= 0) {
    throw new HarmonicError('INVALID_DATA', {
      argument: `targets[${bad}]`,
      value: labels[bad],
      allowed: `a class from 0 to ${classes! - 1}`,
      problem: `The target of example ${bad} is ${labels[bad]}; it must be a class from 0 to ${classes! - 1}.`,
      fix: 'Number the classes from 0, and make the model with as many. (Examples are counted from 0.)',
    });
  }
  return Int32Array.from(labels);
}

/** The place of the 1 in each row; NaN for a row that has not one 1 and zeros. */
function classesOfRows({ values, rows, width }: Matrix): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => {
    const each = values.subarray(row * width, (row + 1) * width);
    const isOneHot = each.every((value) => value === 0 || value === 1) && each.reduce((a, b) => a + b) === 1;
    return isOneHot ? each.indexOf(1) : Number.NaN;
  });
}

const usableWeights: UsableNumbers = {
  isUsable: (weight) => weight >= 0 && Number.isFinite(weight),
  allowed: 'a finite number at least 0',
};

async function weightsOf(weights: Numbers, examples: number): Promise<Float32Array> {
  const matrix = await matrixOf('weights', weights, 1);
  requireCount('weights', weights, matrix.rows, examples);
  requireEach('weights', matrix, 'weight', usableWeights);
  if (matrix.values.some((weight) => weight > 0)) return matrix.values;
  throw new HarmonicError('INVALID_DATA', {
    argument: 'weights',
    value: weights,
    allowed: 'weights that are not all 0',
  });
}

function requireCount(argument: string, value: unknown, count: number, examples: number): void {
  if (count === examples) return;
  throw new HarmonicError('INVALID_SHAPE', {
    argument,
    value,
    allowed: `of length ${examples}, one for each example`,
    problem: `There are ${examples} inputs, but ${count} ${argument}.`,
    fix: 'Pass one for each example.',
  });
}
