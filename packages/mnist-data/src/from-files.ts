import { type KnownOptions, requireOptions } from '@harmonic-mlp/core';
import { verifyChecksum } from './checksum';
import type { LabeledDataset } from './dataset';
import { type DatasetDescription, type DatasetRole, uncompressedBytes } from './description';
import { decompress, type IdxType, parseIdx } from './idx';
import { labelTypes, pairIdx } from './idx-pair';
import { type Bytes, requireBytes } from './require-array';

/** The two parts of a data set. */
export interface TrainAndTest {
  /** The training examples. */
  train: LabeledDataset;
  /** The test examples. */
  test: LabeledDataset;
}

/** A file's content, and its name in errors. */
export interface NamedBytes {
  /** Its name in errors. */
  name: string;
  /** The whole file, plain or compressed with gzip. */
  bytes: Bytes;
}

/** Settings of {@link datasetFromFiles}. */
export interface FromFilesOptions {
  /**
   * Whether the files must be the published ones, according to their checksums if known. Default true. If false, any four IDX
   * files with that layout are accepted: images of rank 3 and equal size, and labels of known classes.
   */
  verify?: boolean;
}

const known: KnownOptions<FromFilesOptions> = { verify: true };

/**
 * Makes a data set from its four files, each plain or compressed with gzip. Also works in browsers.
 *
 * Batches hold `(p/255 − mean)/std`, [batch, 784] for images of 28×28.
 *
 * @param description the data set's description: one from `@harmonic-mlp/mnist-data/datasets`, or your own.
 * @param files the bytes of the four files, each with its name in errors if that is not the published name.
 * @throws {HarmonicError} `INVALID_DATA` if a file is not an IDX file with that layout, or if images and labels do not fit
 *   together; `CHECKSUM_MISMATCH` if a file is not the published one; `INVALID_ARGUMENT` for a missing file or an unknown
 *   option.
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
  options?: FromFilesOptions,
): Promise<TrainAndTest> {
  const example = 'datasetFromFiles(mnist, files, { verify: false })';
  const { verify = true } = requireOptions('options', options, example, known);
  const read = async <Type extends IdxType>(role: DatasetRole, types: readonly Type[]) => {
    const file = description.files[role];
    const given = files[role];
    const { name, bytes } = isNamed(given) ? given : { name: file.name, bytes: given };
    requireBytes(`files.${role}`, bytes, name);
    const { sha256 } = file;
    // A file of known content needs no more memory than that.
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
