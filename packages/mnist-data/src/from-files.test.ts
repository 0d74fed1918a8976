import '@tensorflow/tfjs-backend-cpu';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DatasetRole } from './description';
import { datasetFromFiles } from './from-files';
import { mnist } from './mnist';

const idxFile = (shape: number[], data: number[]) =>
  new Uint8Array([0, 0, 8, shape.length, ...shape.flatMap((d) => [0, 0, d >> 8, d & 255]), ...data]);

/** Three images and two images of 1×2. */
const small = (): Record<DatasetRole, Uint8Array> => ({
  trainImages: idxFile([3, 1, 2], [0, 255, 51, 0, 1, 2]),
  trainLabels: idxFile([3], [7, 0, 9]),
  testImages: idxFile([2, 1, 2], [5, 6, 7, 8]),
  testLabels: idxFile([2], [1, 2]),
});

describe('datasetFromFiles', () => {
  it('pairs images and labels of any IDX files of the layout, plain or compressed', async () => {
    const plain = small();
    for (const files of [plain, { ...plain, trainImages: new Uint8Array(gzipSync(plain.trainImages)) }]) {
      const { train, test } = await datasetFromFiles(mnist, files, { verify: false });
      expect(train).toMatchObject({ size: 3, inputSize: 2, classes: 10, imageShape: [1, 2] });
      expect(test).toMatchObject({ size: 2, inputSize: 2, classes: 10, imageShape: [1, 2] });
      expect(train.image(1)).toEqual({ pixels: new Uint8Array([51, 0]), label: 0 });
      expect(test.image(1)).toEqual({ pixels: new Uint8Array([7, 8]), label: 2 });
    }
  });

  it('normalizes as the reference does', async () => {
    await tf.setBackend('cpu');
    const { train } = await datasetFromFiles(mnist, small(), { verify: false });
    const { inputs, labels } = train.batch([0, 1]);
    // −0.1307/0.3081, 0.8693/0.3081 and (0.2 − 0.1307)/0.3081 by hand.
    const expected = [-0.4242129, 2.8214865, 0.224927, -0.4242129];
    for (const [i, value] of inputs.dataSync().entries()) expect(value).toBeCloseTo(expected[i], 6);
    expect(Array.from(labels.dataSync())).toEqual([7, 0]);
    tf.dispose([inputs, labels]);
  });

  it('takes only the published files by default', async () => {
    await expect(datasetFromFiles(mnist, small())).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      file: expect.stringMatching(/^(train|t10k)-\w+-idx\d-ubyte$/),
    });
  });

  it('says of a damaged file what is wrong, rather than that its checksum is', async () => {
    const files = { ...small(), testImages: small().testImages.subarray(0, 18) };
    await expect(datasetFromFiles(mnist, files)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message:
        't10k-images-idx3-ubyte: The file is cut short: 2 bytes follow the header, expected 4 for the shape [2, 1, 2]. Get the file again.',
    });
  });

  it.each<[string, Partial<Record<DatasetRole, Uint8Array>>, string]>([
    [
      'labels for images',
      { trainImages: small().trainLabels },
      'train-images-idx3-ubyte: The file has rank 1, expected 3: images [count, rows, columns]. Check that the files belong together and are not mixed up.',
    ],
    [
      'images for labels',
      { testLabels: small().testImages },
      't10k-labels-idx1-ubyte: The file has rank 3, expected 1: labels [count]. Check that the files belong together and are not mixed up.',
    ],
    [
      'too many labels',
      { testLabels: small().trainLabels },
      't10k-labels-idx1-ubyte: The file has 3 labels, expected 2, one for each image of t10k-images-idx3-ubyte. Check that the files belong together and are not mixed up.',
    ],
    [
      'a label out of range',
      { trainLabels: idxFile([3], [7, 0, 10]) },
      'train-labels-idx1-ubyte: labels[2] is 10; it must be an integer from 0 to 9. Correct the label or raise classes.',
    ],
    [
      'no image',
      { trainImages: idxFile([0, 1, 2], []), trainLabels: idxFile([0], []) },
      'train-images-idx3-ubyte: The file has the shape [0, 1, 2], which holds no pixels. Use a file with at least one image.',
    ],
    [
      'images without pixels',
      { trainImages: idxFile([3, 0, 2], []) },
      'train-images-idx3-ubyte: The file has the shape [3, 0, 2], which holds no pixels. Use a file with at least one image.',
    ],
    [
      'test images of another size',
      { testImages: idxFile([2, 2, 1], [1, 2, 3, 4]) },
      't10k-images-idx3-ubyte: The file holds images of 2×1, expected 1×2. Check that the files belong together and are not mixed up.',
    ],
  ])('refuses %s', async (_, files, message) => {
    await expect(datasetFromFiles(mnist, { ...small(), ...files }, { verify: false })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message,
    });
  });

  it('names a file that is not given', async () => {
    const files = { ...small(), testLabels: undefined as unknown as Uint8Array };
    await expect(datasetFromFiles(mnist, files, { verify: false })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      file: 't10k-labels-idx1-ubyte',
      argument: 'files.testLabels',
      value: undefined,
    });
  });

  it('refuses an unknown option', async () => {
    await expect(datasetFromFiles(mnist, small(), { verfiy: false } as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'verfiy',
      fix: 'Did you mean verify?',
    });
  });
});
