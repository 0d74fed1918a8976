import { verifyChecksum } from './checksum';
import type { LabelledDataset } from './dataset';
import { type DatasetDescription, type DatasetRole, uncompressedBytes } from './description';
import { decompress, type IdxType, parseIdx } from './idx';
import { labelTypes, pairIdx } from './idx-pair';
import type { Bytes } from './require-array';

/** A data set in its two parts. */
export interface TrainAndTest {
  /** The training examples. */
  train: LabelledDataset;
  /** The test examples. */
  test: LabelledDataset;
}

/** A file's content, and what error messages call it. */
export interface NamedBytes {
  /** As error messages call it. */
  name: string;
  /** The whole file, plain or compressed with gzip. */
  bytes: Bytes;
}

/** Settings of {@link datasetFromFiles}. */
export interface FromFilesOptions {
  /**
   * Whether the files must be the published ones, by their checksums where these are known. Default true. Without,
   * any four IDX files of that layout load: images of rank 3 and one size, and labels of known classes.
   */
  verify?: boolean;
}

/**
 * A data set from its four files, each plain or compressed with gzip; in a browser too.
 *
 * Batches hold `(p/255 − mean)/deviation`, [batch, 784] for images of 28×28.
 *
 * @param description what the data set is: one of `@harmonic-mlp/mnist-data/datasets`, or your own.
 * @param files the bytes of the four files; with a name each, error messages call them so.
 * @throws {HarmonicError} `INVALID_DATA` when a file is no IDX file of that layout, or images and labels do not
 *   fit together; `CHECKSUM_MISMATCH` when a file is not the published one; `INVALID_ARGUMENT` when one is missing.
 * @example
 * ```ts
 * import { mnist } from '@harmonic-mlp/mnist-data/datasets';
 *
 * const bytes = async (url: string) => (await fetch(url)).arrayBuffer();
 * const { train, test } = await datasetFromFiles(mnist, {
 *   trainImages: await bytes('train-images-idx3-ubyte.gz'),
 *   trainLabels: await bytes('train-labels-idx1-ubyte.gz'),
 *   testImages: await bytes('t10k-images-idx3-ubyte.gz'),
 *   testLabels: await bytes('t10k-labels-idx1-ubyte.gz'),
 * });
 * ```
 */
export async function datasetFromFiles(
  description: DatasetDescription,
  files: Record<DatasetRole, Bytes | NamedBytes>,
  { verify = true }: FromFilesOptions = {},
): Promise<TrainAndTest> {
  const read = async <Type extends IdxType>(role: DatasetRole, types: readonly Type[]) => {
    const file = description.files[role];
    const given = files[role];
    const { name, bytes } = isNamed(given) ? given : { name: file.name, bytes: given };
    const { sha256 } = file;
    // A file of known content needs no more memory than that has.
    const maxBytes = verify && sha256 ? uncompressedBytes(file) : undefined;
    const content = await decompress(bytes, name, maxBytes, types);
    // Before the checksum, because "cut short" says more than "not the published file".
    const idx = parseIdx(content, name, { types });
    if (verify && sha256 !== undefined) await verifyChecksum(name, content, sha256);
    return { name, ...idx };
  };
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    read('trainImages', ['uint8']),
    read('trainLabels', labelTypes),
    read('testImages', ['uint8']),
    read('testLabels', labelTypes),
  ]);
  const { title } = description;
  const train = pairIdx(`${title} training set`, trainImages, trainLabels, {
    ...description,
    imageShape: undefined,
  });
  const { imageShape } = train;
  const test = pairIdx(`${title} test set`, testImages, testLabels, { ...description, imageShape });
  return { train, test };
}

const isNamed = (file: Bytes | NamedBytes): file is NamedBytes =>
  typeof file === 'object' && file !== null && 'bytes' in file;
