import '@tensorflow/tfjs-backend-cpu';
import { tensor, tensor1d, tensor2d, tensor3d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../test/support/error-of';
import { isList, type Matrix, matrixOf, matrixOfArray, type Numbers, requireEach } from './numbers';

const matrix = (rows: number, width: number, values: number[]): Matrix => ({
  values: Float32Array.from(values),
  rows,
  width,
});

describe('isList', () => {
  it('is true of arrays, typed or not', () => {
    for (const list of [[], [1], new Float32Array(2), new Uint8Array(1)]) expect(isList(list)).toBe(true);
    for (const other of [new DataView(new ArrayBuffer(2)), '12', { length: 1 }, undefined, 3])
      expect(isList(other)).toBe(false);
  });
});

describe('matrixOf', () => {
  it.each<[string, Numbers, number | undefined, Matrix]>([
    ['an array', [1, 2, 3], undefined, matrix(3, 1, [1, 2, 3])],
    ['an array, with a width', [1, 2, 3, 4], 2, matrix(2, 2, [1, 2, 3, 4])],
    ['a typed array', Int8Array.of(1, -2), undefined, matrix(2, 1, [1, -2])],
    ['truth values', [true, false] as never, undefined, matrix(2, 1, [1, 0])],
    ['no numbers', [], undefined, matrix(0, 1, [])],
    ['rows', [[1, 2], Float32Array.of(3, 4), [5, 6]], undefined, matrix(3, 2, [1, 2, 3, 4, 5, 6])],
    ['rows of the width', [[1, 2]], 2, matrix(1, 2, [1, 2])],
  ])('takes %s', async (_, given, width, expected) => {
    expect(await matrixOf('inputs', given, width)).toEqual(expected);
    expect(matrixOfArray('inputs', given, width)).toEqual(expected);
  });

  it('takes tensors of rank 1 and 2, of any type, and leaves them', async () => {
    const vector = tensor1d([1, 2, 3, 4], 'int32');
    const rows = tensor2d([[1, 2, 3]], undefined, 'int32');
    expect(await matrixOf('inputs', vector)).toEqual(matrix(4, 1, [1, 2, 3, 4]));
    expect(await matrixOf('inputs', vector, 2)).toEqual(matrix(2, 2, [1, 2, 3, 4]));
    for (const width of [undefined, 3])
      expect(await matrixOf('inputs', rows, width)).toEqual(matrix(1, 3, [1, 2, 3]));
    vector.dispose();
    rows.dispose();
  });

  const disposed = tensor1d([1]);
  disposed.dispose();

  it.each<[unknown, number | undefined, string, string, string]>([
    ['12', undefined, 'INVALID_ARGUMENT', 'inputs', 'inputs is "12"; it must be a tensor, an array'],
    [undefined, undefined, 'INVALID_ARGUMENT', 'inputs', 'inputs is undefined'],
    [disposed, undefined, 'INVALID_ARGUMENT', 'inputs', 'disposed'],
    [tensor(3), undefined, 'INVALID_SHAPE', 'inputs', 'a tensor of shape []; it must have one row'],
    [tensor3d([[[1]]]), undefined, 'INVALID_SHAPE', 'inputs', 'a tensor of shape [1,1,1]'],
    [tensor2d([[1, 2]]), 3, 'INVALID_SHAPE', 'inputs', 'has rows of 2 numbers, but the model takes 3'],
    [[[1, 2]], 3, 'INVALID_SHAPE', 'inputs', 'has rows of 2 numbers, but the model takes 3'],
    [[1, 2, 3], 2, 'INVALID_SHAPE', 'inputs', 'has 3 values, which do not make rows of 2'],
    [tensor1d([1, 2, 3]), 2, 'INVALID_SHAPE', 'inputs', 'has 3 values, which do not make rows of 2'],
    [
      [[1], [2], [3, 4]],
      undefined,
      'INVALID_SHAPE',
      'inputs[2]',
      'inputs[2] has 2 values, but inputs[0] has 1',
    ],
    [[[1], 2], undefined, 'INVALID_SHAPE', 'inputs[1]', 'inputs[1] is 2, but inputs[0] has 1'],
    [[1, '2'], undefined, 'INVALID_DATA', 'inputs[1]', 'inputs[1] is "2"; it must be a number'],
    [
      [
        [1, 2],
        [3, null],
      ],
      undefined,
      'INVALID_DATA',
      'inputs[1][1]',
      'inputs[1][1] is null',
    ],
  ])('refuses %o with the width %s', async (given, width, code, argument, message) => {
    await expect(matrixOf('inputs', given as Numbers, width)).rejects.toMatchObject({
      code,
      argument,
      message: expect.stringContaining(message),
    });
  });

  it('copies what it is given', async () => {
    const given = Float32Array.of(1, 2);
    const { values } = await matrixOf('inputs', given);
    given[0] = 9;
    expect(values[0]).toBe(1);
  });
});

describe('Numbers that 32-bit floats can hardly tell apart', () => {
  // From 2^30 on, 32-bit floats are 128 apart, and a column needs 64 such steps.
  const offset = 2 ** 30;
  const column = (range: number, rows = 16) => {
    const numbers = new Array<number>(rows).fill(offset);
    numbers[rows - 2] = offset - range;
    return numbers;
  };
  const tooClose = { code: 'INVALID_DATA', argument: 'inputs', value: offset - 100 };

  it('are refused in an array, with its name', async () => {
    await expect(matrixOf('inputs', column(100))).rejects.toMatchObject({
      ...tooClose,
      message: expect.stringContaining(`inputs varies only from ${offset - 100} to ${offset}`),
    });
    await expect(matrixOf('inputs', Float64Array.from(column(100)))).rejects.toMatchObject(tooClose);
    // Below zero, too.
    const negative = column(100).map((value) => value - 2 * offset + 100);
    await expect(matrixOf('inputs', negative)).rejects.toMatchObject({ value: -offset });
  });

  it('are refused in one column of several, with its number', async () => {
    const rows = column(100).map((value, i) => [i, value]);
    for (const [given, width] of [
      [rows, undefined],
      [rows.flat(), 2],
    ] as const) {
      await expect(matrixOf('inputs', given, width)).rejects.toMatchObject({
        ...tooClose,
        message: expect.stringContaining('Column 1 of inputs varies only'),
      });
    }
  });

  it.each<[string, Numbers]>([
    ['enough steps', column(64 * 128)],
    ['no differences', column(0)],
    ['few rows', column(100, 15)],
    ['32-bit floats, which are all that there is', Float32Array.from(column(128))],
    ['small numbers', column(100).map((value) => value - offset)],
  ])('are not: %s', async (_, given) => {
    expect((await matrixOf('inputs', given)).rows).toBe((given as number[]).length);
  });

  it('are not, if the last of several rows differs', async () => {
    const rows = [...column(100), 0].map((value, i) => [i, value]);
    expect((await matrixOf('inputs', rows.flat(), 2)).rows).toBe(17);
  });

  it('are refused from fewer than 64 steps of the larger end on', async () => {
    await expect(matrixOf('inputs', column(64 * 128 - 0.01))).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });

  it('are for the reader of a file or a form to take, who has a few examples at a time', () => {
    expect(matrixOfArray('inputs', column(100)).rows).toBe(16);
  });
});

describe('requireEach', () => {
  it('takes finite numbers, and names the first that is not', () => {
    requireEach('inputs', matrix(2, 2, [1, 2, 3, 4]), 'feature');
    expect(
      errorOf(() => requireEach('inputs', matrix(2, 3, [0, 0, 0, 0, Infinity, NaN]), 'feature')),
    ).toMatchObject({
      code: 'INVALID_DATA',
      argument: 'inputs',
      value: Infinity,
      message: expect.stringContaining('feature 1 of example 1 is Infinity; it must be a finite number.'),
    });
    expect(errorOf(() => requireEach('targets', matrix(2, 1, [0, NaN]), 'target')).message).toContain(
      'the target of example 1 is NaN',
    );
  });

  it('takes the numbers that can be used', () => {
    const positive = { isUsable: (value: number) => value > 0, allowed: 'a positive number' };
    requireEach('targets', matrix(1, 1, [3]), 'target', positive);
    expect(errorOf(() => requireEach('targets', matrix(1, 1, [0]), 'target', positive))).toMatchObject({
      value: 0,
      allowed: 'a positive number',
    });
  });
});
