import { HarmonicError, type KnownOptions, option, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { LabeledDataset } from './dataset';
import { invalidFile } from './file-errors';
import { type Idx, type IdxType, readIdx } from './idx';
import { measureNormalization, type Normalization } from './normalization';
import { type Bytes, requireBytes } from './require-array';

/** How to make a data set from the contents of two IDX files. */
export interface IdxPairOptions {
  /** The number of classes, at most 256. Default: the number of `classNames`, or one more than the largest label. */
  classes?: number;
  /** The names of the classes. Default: none. */
  classNames?: readonly string[];
  /**
   * Batches hold `(p/255 − mean)/std`. Default: the mean and standard deviation of these images; for a test set, pass those
   * of the training set.
   */
  normalization?: Readonly<Normalization>;
  /** The number of the first class in the file. Default 0. */
  firstLabel?: number;
  /** Whether the file stores each image column by column. Default false. */
  transposed?: boolean;
  /** The rows and columns that images must have; for a test set, those of its training set. Default: any. */
  imageShape?: readonly [number, number];
  /** The name of the data set in errors. Default: the names of its files. */
  name?: string;
}

/** The names of {@link IdxPairOptions}. */
export const idxPairOptions: KnownOptions<IdxPairOptions> = {
  classes: true,
  classNames: true,
  normalization: true,
  firstLabel: true,
  transposed: true,
  imageShape: true,
  name: true,
};

/**
 * Makes a data set from an IDX file of images and one of labels, of any size, with up to 256 classes, plain or compressed
 * with gzip.
 *
 * @param images the image file: bytes, [count, rows, columns].
 * @param labels the label file: bytes or 32-bit integers, [count], or [count, columns], where the first column is the class,
 *   as in QMNIST.
 * @throws {HarmonicError} `INVALID_DATA` if a file is not an IDX file with that layout, or if the two do not fit together;
 *   `INVALID_ARGUMENT` for an option that is unknown or out of bounds, and for a file that is not given as bytes.
 * @example
 * ```ts
 * const bytes = async (url: string) => (await fetch(url)).arrayBuffer();
 * const train = await datasetFromIdx(
 *   await bytes('train-images-idx3-ubyte.gz'),
 *   await bytes('train-labels-idx1-ubyte.gz'),
 * );
 * const { classes, normalization, imageShape } = train;
 * const test = await datasetFromIdx(
 *   await bytes('t10k-images-idx3-ubyte.gz'),
 *   await bytes('t10k-labels-idx1-ubyte.gz'),
 *   { classes, normalization, imageShape },
 * );
 * ```
 */
export async function datasetFromIdx(
  images: Bytes,
  labels: Bytes,
  options?: IdxPairOptions,
): Promise<LabeledDataset> {
  const example = 'datasetFromIdx(images, labels, { classes: 10 })';
  const { name, ...pairing } = requireOptions('options', options, example, idxPairOptions);
  const [imageIdx, labelIdx] = await Promise.all([
    readIdx(requireBytes('images', images), 'images'),
    readIdx(requireBytes('labels', labels), 'labels', { types: labelTypes }),
  ]);
  return pairIdx(name, { name: 'images', ...imageIdx }, { name: 'labels', ...labelIdx }, pairing);
}

/** The element types allowed in an IDX file of labels. */
export const labelTypes: readonly IdxType[] = ['uint8', 'int32'];

/** The content of an IDX file, and its name in errors. */
type NamedIdx<Type extends IdxType> = Idx<Type> & { name: string };

/** {@link datasetFromIdx} for files that have been read. */
export function pairIdx(
  name: string | undefined,
  images: NamedIdx<'uint8'>,
  labels: NamedIdx<IdxType>,
  {
    classes,
    classNames,
    normalization,
    imageShape,
    firstLabel = 0,
    transposed = false,
  }: Omit<IdxPairOptions, 'name'>,
): LabeledDataset {
  requireNumber('firstLabel', firstLabel, { integer: true });
  const refuse = (
    { name }: NamedIdx<IdxType>,
    problem: string,
    fix = 'Check that the files belong together and are not mixed up.',
  ) => invalidFile(name, problem, fix);
  const { shape, data: pixels } = images;
  if (shape.length !== 3) {
    throw refuse(images, `has rank ${shape.length}, expected 3: images [count, rows, columns]`);
  }
  if (labels.shape.length > 2) {
    throw refuse(labels, `has rank ${labels.shape.length}, expected 1: labels [count]`);
  }
  const [count, rows, columns] = shape;
  if (pixels.length === 0) {
    throw refuse(
      images,
      `has the shape [${shape.join(', ')}], which holds no pixels`,
      'Use a file with at least one image.',
    );
  }
  if (imageShape && (imageShape[0] !== rows || imageShape[1] !== columns)) {
    throw refuse(images, `holds images of ${rows}×${columns}, expected ${imageShape.join('×')}`);
  }
  if (labels.shape[0] !== count || labels.data.length === 0) {
    const found = labels.data.length && labels.shape[0];
    throw refuse(labels, `has ${found} labels, expected ${count}, one for each image of ${images.name}`);
  }
  if (classes !== undefined) requireNumber('classes', classes, { integer: true, min: 1 });
  const numbers = classNumbers(labels, firstLabel, classes ?? classNames?.length);
  const inputs = transposed ? transpose(pixels, rows, columns) : pixels;
  return new LabeledDataset({
    inputs,
    labels: numbers,
    inputSize: rows * columns,
    classes: classes ?? classNames?.length ?? numbers.reduce((most, label) => Math.max(most, label), 0) + 1,
    classNames,
    imageShape: [rows, columns],
    normalization: normalization ?? measureNormalization(inputs),
    name,
  });
}

/** The class of each example, starting at 0; a view of the file if it holds exactly that. */
function classNumbers(
  { name, shape, data }: NamedIdx<IdxType>,
  first: number,
  classes: number | undefined,
): Uint8Array {
  const [count, columns = 1] = shape;
  const isView = columns === 1 && first === 0 && data.BYTES_PER_ELEMENT === 1;
  const numbers = isView ? (data as Uint8Array) : new Uint8Array(count);
  const last = first + Math.min(classes ?? 256, 256) - 1;
  for (let i = 0; i < count; i++) {
    const label = data[i * columns];
    if (!(label >= first && label <= last)) {
      throw new HarmonicError('INVALID_DATA', {
        file: name,
        argument: `labels[${i}]`,
        value: label,
        allowed: `an integer from ${first} to ${last}`,
        fix: `Correct the label${classes === undefined ? '' : ` or raise ${option('classes')}`}.`,
      });
    }
    if (!isView) numbers[i] = label - first;
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
