import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { datasetFromIdx, type IdxPairOptions } from './idx-pair';

const idxFile = (shape: number[], data: number[], type = 8) =>
  new Uint8Array([0, 0, type, shape.length, ...shape.flatMap((d) => [0, 0, d >> 8, d & 255]), ...data]);
const int32 = (numbers: number[]) =>
  numbers.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);

/** Two images of two rows and three columns. */
const images = idxFile([2, 2, 3], [1, 2, 3, 4, 5, 6, 0, 0, 255, 0, 0, 0]);

describe('datasetFromIdx', () => {
  it('takes the classes from the labels, and the normalization from the pixels', async () => {
    const data = await datasetFromIdx(images, idxFile([2], [4, 1]));
    expect(data).toMatchObject({ size: 2, inputSize: 6, classes: 5, imageShape: [2, 3] });
    // By hand: the sum of the pixels is 276 and of their squares 65116.
    const mean = 276 / 12 / 255;
    expect(data.normalization?.mean).toBeCloseTo(mean, 12);
    expect(data.normalization?.std).toBeCloseTo(Math.sqrt(65116 / 12 / 255 ** 2 - mean ** 2), 12);
  });

  it('reads compressed files, and takes what it is told', async () => {
    const normalization = { mean: 0.5, std: 2 };
    const classNames = ['a', 'b', 'c'];
    const pack = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
    const data = await datasetFromIdx(pack(images), pack(idxFile([2], [0, 1])), {
      classes: 3,
      classNames,
      normalization,
    });
    expect(data).toMatchObject({ classes: 3, classNames, normalization });
  });

  it('reads the class from the first column of a table of 32-bit integers, as QMNIST has it', async () => {
    const table = idxFile([2, 3], int32([7, 4, 2500, 2, -1, 300]), 12);
    const data = await datasetFromIdx(images, table);
    expect([...data.labels]).toEqual([7, 2]);
    expect(data.classes).toBe(8);
  });

  it('counts classes from the first label, as EMNIST letters need it', async () => {
    const data = await datasetFromIdx(images, idxFile([2], [1, 26]), { firstLabel: 1 });
    expect([...data.labels]).toEqual([0, 25]);
  });

  it('turns images that are held column by column', async () => {
    const byColumns = idxFile([1, 2, 3], [1, 4, 2, 5, 3, 6]);
    const data = await datasetFromIdx(byColumns, idxFile([1], [0]), { transposed: true });
    expect([...data.image(0).pixels]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each<[string, Uint8Array, Uint8Array, IdxPairOptions, object]>([
    [
      'mixed up files',
      idxFile([2], [0, 1]),
      images,
      {},
      { file: 'images', message: expect.stringMatching(/rank 1, expected 3: .* not mixed up\.$/) },
    ],
    [
      'labels of three dimensions',
      images,
      images,
      {},
      { file: 'labels', message: expect.stringContaining('rank 3, expected 1') },
    ],
    [
      'images of integers',
      idxFile([1, 1, 1], int32([1]), 12),
      idxFile([1], [0]),
      {},
      { file: 'images', message: expect.stringContaining('int32') },
    ],
    [
      'too few labels',
      images,
      idxFile([1], [0]),
      {},
      {
        file: 'labels',
        message: expect.stringContaining('has 1 labels, expected 2, one for each image of images'),
      },
    ],
    [
      'labels without a column',
      images,
      idxFile([2, 0], []),
      {},
      { file: 'labels', message: expect.stringContaining('has 0 labels, expected 2') },
    ],
    [
      'a label below the first',
      images,
      idxFile([2], [1, 0]),
      { firstLabel: 1 },
      { file: 'labels', argument: 'labels[1]', value: 0, allowed: 'an integer from 1 to 256' },
    ],
    [
      'a label beyond 255',
      images,
      idxFile([2], int32([3, 256]), 12),
      {},
      {
        file: 'labels',
        argument: 'labels[1]',
        value: 256,
        allowed: 'an integer from 0 to 255',
        fix: 'Correct the label.',
      },
    ],
    [
      'a negative label',
      images,
      idxFile([2], int32([-1, 0]), 12),
      {},
      { file: 'labels', argument: 'labels[0]', value: -1 },
    ],
    [
      'more classes than it is told',
      images,
      idxFile([2], [0, 3]),
      { classes: 3, name: 'mine' },
      {
        message:
          'labels: labels[1] is 3; it must be an integer from 0 to 2. Correct the label or raise classes.',
      },
    ],
    [
      'more classes than it is told, counted from 1',
      images,
      idxFile([2], [1, 4]),
      { classNames: ['a', 'b', 'c'], firstLabel: 1 },
      { file: 'labels', argument: 'labels[1]', value: 4, allowed: 'an integer from 1 to 3' },
    ],
  ])('refuses %s', async (_, imageFile, labelFile, options, fields) => {
    await expect(datasetFromIdx(imageFile, labelFile, options)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      ...fields,
    });
  });

  it.each<[string, object, object]>([
    ['half a first label', { firstLabel: 0.5 }, { argument: 'firstLabel', value: 0.5 }],
    ['no class', { classes: 0 }, { argument: 'classes', value: 0 }],
    ['an unknown option', { transpose: true }, { argument: 'transpose', fix: 'Did you mean transposed?' }],
    [
      'names that are not one for each class',
      { classNames: ['one', 'two', 'three'], classes: 2, name: 'mine' },
      { code: 'INVALID_SHAPE', argument: 'classNames.length', value: 3, file: 'mine' },
    ],
  ])('refuses %s', async (_, options, fields) => {
    await expect(
      datasetFromIdx(images, idxFile([2], [0, 1]), options as IdxPairOptions),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', ...fields });
  });

  it('names the argument that is not bytes', async () => {
    await expect(datasetFromIdx(images, undefined as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'labels',
      value: undefined,
    });
  });
});
