import { Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from './describe-value';
import { HarmonicError } from './errors';

/** Numbers as people have them: a tensor, an array of numbers, or one of rows. */
export type Numbers = Tensor | ArrayLike<number> | ArrayLike<ArrayLike<number>>;

/** A matrix in row-major order. */
export interface Matrix {
  /** [rows, width]. */
  readonly values: Float32Array;
  /** The number of rows. */
  readonly rows: number;
  /** The number of columns. */
  readonly width: number;
}

/** Whether a value is an array, typed or not. */
export const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

const refuse = (argument: string, value: unknown, allowed: string, problem: string, fix?: string): never => {
  throw new HarmonicError('INVALID_SHAPE', { argument, value, allowed, problem, fix });
};

/**
 * Numbers as a matrix. An array that is not nested is one column or, with a known width, rows of that width one after the other.
 *
 * @param argument its name in errors.
 * @param width the number of columns. Default: that of the values.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else; `INVALID_SHAPE` for rows of different lengths or of another
 *   width; `INVALID_DATA` for a value that is not a number, and for many that 32-bit floats can hardly tell apart.
 */
export async function matrixOf(argument: string, given: Numbers, width?: number): Promise<Matrix> {
  if (!(given instanceof Tensor)) {
    const matrix = matrixOfArray(argument, given, width);
    requireResolved(argument, given, matrix);
    return matrix;
  }
  if (given.isDisposed) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument,
      value: given,
      allowed: 'a tensor that has not been disposed',
    });
  }
  const values = await given.data();
  if (given.rank === 2) {
    const [rows, columns] = given.shape as [number, number];
    requireWidth(argument, given, columns, width);
    return { values: Float32Array.from(values as Float32Array), rows, width: columns };
  }
  if (given.rank === 1) return flat(argument, given, values as Float32Array, width);
  return refuse(
    argument,
    given,
    'a tensor of rank 1 or 2',
    `${argument} is a tensor of shape [${given.shape}]; it must have one row for each example.`,
  );
}

/** Fewer steps of 32-bit floats between the smallest and the largest value of a column lose most of what it says. */
const fewestSteps = 64;
/** Of fewer rows, the columns may well hardly vary. */
const fewestRows = 16;

/**
 * Checks that 32-bit floats can tell the values of each column apart.
 *
 * @throws {HarmonicError} `INVALID_DATA` for a column that varies by very little at a large offset, such as times in milliseconds.
 */
function requireResolved(
  argument: string,
  given: ArrayLike<number> | ArrayLike<ArrayLike<number>>,
  { rows, width }: Matrix,
): void {
  if (given instanceof Float32Array || rows < fewestRows) return;
  const isNested = isList(given[0]);
  for (let column = 0; column < width; column++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let row = 0; row < rows; row++) {
      const value = Number(
        isNested ? (given as number[][])[row][column] : (given as number[])[row * width + column],
      );
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const step = Math.max(Math.abs(low), Math.abs(high)) * 2 ** -23;
    if (!(high > low && high - low < fewestSteps * step)) continue;
    throw new HarmonicError('INVALID_DATA', {
      argument,
      value: low,
      allowed: 'numbers that 32-bit floats can tell apart',
      problem: `${width === 1 ? argument : `Column ${column} of ${argument}`} varies only from ${low} to ${high}, which 32-bit floats can hardly tell apart.`,
      fix: 'Subtract an offset first, such as the smallest value.',
    });
  }
}

/** {@link matrixOf} for arrays, at once; they may be a few examples that hardly differ. */
export function matrixOfArray(argument: string, given: unknown, width?: number): Matrix {
  if (!isList(given)) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument,
      value: given,
      allowed: 'a tensor, an array of numbers, or an array of such arrays',
      problem: `${argument} is ${describeValue(given)}; it must be a tensor, an array of numbers, or an array of such arrays.`,
    });
  }
  if (!isList(given[0])) return flat(argument, given, given as ArrayLike<number>, width);
  const rows = given.length;
  const columns = given[0].length;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const each = given[row];
    if (!isList(each) || each.length !== columns) {
      refuse(
        `${argument}[${row}]`,
        each,
        `an array of ${columns} numbers`,
        `${argument}[${row}] ${isList(each) ? `has ${each.length} values` : `is ${describeValue(each)}`}, but ${argument}[0] has ${columns}.`,
        'Make all rows the same length.',
      );
    }
    for (let column = 0; column < columns; column++)
      values[row * columns + column] = requireNumeric(
        `${argument}[${row}][${column}]`,
        (each as ArrayLike<unknown>)[column],
      );
  }
  requireWidth(argument, given, columns, width);
  return { values, rows, width: columns };
}

function flat(argument: string, given: unknown, numbers: ArrayLike<number>, width = 1): Matrix {
  const values = Float32Array.from(numbers, (value, i) => requireNumeric(`${argument}[${i}]`, value));
  if (values.length % width !== 0) {
    refuse(
      argument,
      given,
      `rows of ${width} numbers`,
      `${argument} has ${values.length} values, which do not make rows of ${width}.`,
      'Pass an array for each example.',
    );
  }
  return { values, rows: values.length / width, width };
}

function requireNumeric(argument: string, value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  throw new HarmonicError('INVALID_DATA', { argument, value, allowed: 'a number' });
}

function requireWidth(argument: string, value: unknown, columns: number, width: number | undefined): void {
  if (width === undefined || columns === width) return;
  refuse(
    argument,
    value,
    `rows of ${width} numbers`,
    `${argument} has rows of ${columns} numbers, but the model takes ${width}.`,
  );
}

/** Which numbers can be used, and the same in words that follow "it must be". */
export interface UsableNumbers {
  /** Whether one can be used. */
  isUsable(value: number): boolean;
  /** In words: `a number from 0 to 1`. */
  readonly allowed: string;
}

/** All numbers but NaN and the infinities. */
export const finiteNumbers: UsableNumbers = { isUsable: Number.isFinite, allowed: 'a finite number' };

/**
 * Checks each value of a matrix.
 *
 * @param what the word for a column: `feature`.
 * @param usable the values that are allowed. Default: finite numbers.
 * @throws {HarmonicError} `INVALID_DATA`, with the example and the column.
 */
export function requireEach(
  argument: string,
  { values, width }: Matrix,
  what: string,
  { isUsable, allowed }: UsableNumbers = finiteNumbers,
): void {
  const at = values.findIndex((value) => !isUsable(value));
  if (at < 0) return;
  const [example, column] = [Math.floor(at / width), at % width];
  const name = width === 1 ? `the ${what}` : `${what} ${column}`;
  throw new HarmonicError('INVALID_DATA', {
    argument,
    value: values[at],
    allowed,
    problem: `The data cannot be computed with: ${name} of example ${example} is ${values[at]}; it must be ${allowed}.`,
    fix: `Correct it, or leave the example out. (Examples${width === 1 ? '' : ` and ${what}s`} are counted from 0.)`,
  });
}
