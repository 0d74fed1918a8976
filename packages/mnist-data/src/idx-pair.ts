import { HarmonicError, requireNumber } from '@harmonic-mlp/core';
import { LabelledDataset } from './dataset';
import { type Idx, type IdxType, readIdx } from './idx';
import { measureNormalisation, type Normalisation } from './normalisation';
import type { Bytes } from './require-array';

/** How the contents of two IDX files make a data set. */
export interface IdxPairOptions {
  /** The number of classes, at most 256. Default: that of `classNames`, or one more than the largest label. */
  classes?: number;
  /** What each class stands for. Default: none. */
  classNames?: readonly string[];
  /**
   * Batches hold `(p/255 − mean)/deviation`. Default: the mean and the deviation of these very images; for a test
   * set, give those of the training set.
   */
  normalisation?: Readonly<Normalisation>;
  /** The number that the file gives the first class. Default 0. */
  firstLabel?: number;
  /** Whether the file holds each image column by column. Default false. */
  transposed?: boolean;
  /** The rows and columns that images must have: for a test set, those of its training set. Default: any. */
  imageShape?: readonly [number, number];
  /** What error messages call the data set. Default `'data set'`. */
  name?: string;
}

/**
 * A data set from an IDX file of images and one of labels, of any size and up to 256 classes, plain or
 * compressed with gzip.
 *
 * @param images the file of images: bytes, [count, rows, columns].
 * @param labels the file of labels: bytes or 32-bit integers, [count], or [count, columns], where the first column
 *   is the class, as in QMNIST.
 * @throws {HarmonicError} `INVALID_DATA` when a file is no IDX file of that layout, or the two do not fit together.
 * @example
 * ```ts
 * const bytes = async (url: string) => (await fetch(url)).arrayBuffer();
 * const train = await datasetFromIdx(
 *   await bytes('train-images-idx3-ubyte.gz'),
 *   await bytes('train-labels-idx1-ubyte.gz'),
 * );
 * const { classes, normalisation, imageShape } = train;
 * const test = await datasetFromIdx(
 *   await bytes('t10k-images-idx3-ubyte.gz'),
 *   await bytes('t10k-labels-idx1-ubyte.gz'),
 *   { classes, normalisation, imageShape },
 * );
 * ```
 */
export async function datasetFromIdx(
  images: Bytes,
  labels: Bytes,
  { name = 'data set', ...options }: IdxPairOptions = {},
): Promise<LabelledDataset> {
  const [imageIdx, labelIdx] = await Promise.all([
    readIdx(images, 'images'),
    readIdx(labels, 'labels', { types: labelTypes }),
  ]);
  return pairIdx(name, { name: 'images', ...imageIdx }, { name: 'labels', ...labelIdx }, options);
}

/** The element types of an IDX file of labels. */
export const labelTypes: readonly IdxType[] = ['uint8', 'int32'];

/** The content of an IDX file, and what error messages call it. */
type NamedIdx<Type extends IdxType> = Idx<Type> & { name: string };

/** {@link datasetFromIdx}, of files that have been read. */
export function pairIdx(
  name: string,
  images: NamedIdx<'uint8'>,
  labels: NamedIdx<IdxType>,
  { classes, classNames, normalisation, imageShape, firstLabel = 0, transposed = false }: IdxPairOptions,
): LabelledDataset {
  requireNumber('firstLabel', firstLabel, { integer: true });
  const invalid = ({ name }: { name: string }, message: string) =>
    new HarmonicError('INVALID_DATA', `${name} ${message}`);
  const mixedUp = (file: NamedIdx<IdxType>, expected: string) =>
    invalid(
      file,
      `has rank ${file.shape.length}, expected rank ${expected}. Check that the files are not mixed up.`,
    );
  if (images.shape.length !== 3) throw mixedUp(images, '3: images [count, rows, columns]');
  if (labels.shape.length > 2) throw mixedUp(labels, '1: labels [count]');
  const [count, rows, columns] = images.shape;
  const { data: pixels } = images;
  if (pixels.length === 0) {
    throw invalid(
      images,
      `has the shape [${images.shape.join(', ')}], which is no pixel at all. Give a file with at least one image.`,
    );
  }
  if (imageShape && (imageShape[0] !== rows || imageShape[1] !== columns)) {
    throw invalid(
      images,
      `holds images of ${rows}×${columns}, expected ${imageShape.join('×')}. Give files of the same data set.`,
    );
  }
  if (labels.shape[0] !== count || labels.data.length === 0) {
    throw invalid(
      labels,
      `has ${labels.data.length && labels.shape[0]} labels, expected ${count}, one for each image of ${images.name}. Give two files that belong together.`,
    );
  }
  const numbers = classNumbers(labels, firstLabel);
  const inputs = transposed ? transpose(pixels, rows, columns) : pixels;
  return new LabelledDataset({
    inputs,
    labels: numbers,
    inputSize: rows * columns,
    classes: classes ?? classNames?.length ?? numbers.reduce((most, label) => Math.max(most, label), 0) + 1,
    classNames,
    imageShape: [rows, columns],
    normalisation: normalisation ?? measureNormalisation(inputs),
    name: `${name} (${labels.name})`,
  });
}

/** The class of each example, from 0; a view of the file where it holds just that. */
function classNumbers({ name, shape, data }: NamedIdx<IdxType>, first: number): Uint8Array {
  const [count, columns = 1] = shape;
  if (columns === 1 && first === 0 && data.BYTES_PER_ELEMENT === 1) return data as Uint8Array;
  const numbers = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = data[i * columns];
    if (!(label >= first && label - first < 256)) {
      throw new HarmonicError(
        'INVALID_DATA',
        `${name}: label ${i} is ${label}, expected ${first} to ${first + 255}. Correct the label.`,
      );
    }
    numbers[i] = label - first;
  }
  return numbers;
}

function transpose(images: Uint8Array, rows: number, columns: number): Uint8Array {
  const size = rows * columns;
  const result = new Uint8Array(images.length);
  for (let start = 0; start < images.length; start += size) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        result[start + row * columns + column] = images[start + column * rows + row];
      }
    }
  }
  return result;
}
