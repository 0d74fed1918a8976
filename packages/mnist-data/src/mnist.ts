import { HarmonicError } from '@harmonic-mlp/core';
import { verifyChecksum } from './checksum';
import { LabelledDataset } from './dataset';
import { decompress, type Idx, parseIdx } from './idx';

/** The role of each of MNIST's four files. */
export type MnistFile = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

/** A data set in its two parts. */
export interface TrainAndTest {
  train: LabelledDataset;
  test: LabelledDataset;
}

/** What MNIST is: its files, their shapes and SHA-256 checksums (of the uncompressed files), and how to cite it. */
export const mnist = {
  files: {
    trainImages: {
      name: 'train-images-idx3-ubyte',
      shape: [60000, 28, 28],
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    trainLabels: {
      name: 'train-labels-idx1-ubyte',
      shape: [60000],
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
    testImages: {
      name: 't10k-images-idx3-ubyte',
      shape: [10000, 28, 28],
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    testLabels: {
      name: 't10k-labels-idx1-ubyte',
      shape: [10000],
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  },
  classes: 10,
  imageShape: [28, 28],
  /** Of p/255 over the training images, to four decimals. */
  normalisation: { mean: 0.1307, deviation: 0.3081 },
  licence: 'CC BY-SA 3.0; copyright Yann LeCun and Corinna Cortes; derived from databases of NIST',
  citation:
    'Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition", Proceedings of the IEEE 86(11), 2278–2324, 1998',
} as const;

/** Settings of {@link mnistFromFiles}. */
export interface MnistOptions {
  /**
   * Whether the files must be the published ones, by their checksums. Default true. Without, any four IDX files of
   * that layout load: images of rank 3 and one size, labels of rank 1 below 10.
   */
  verify?: boolean;
}

/**
 * MNIST from its four files, each plain or compressed with gzip; in a browser too.
 *
 * Batches hold `(p/255 − 0.1307)/0.3081`, [batch, 784] for images of 28×28.
 *
 * @throws {HarmonicError} `INVALID_DATA` when a file is no IDX file of that layout, or images and labels do not
 *   fit together; `CHECKSUM_MISMATCH` when a file is not the published one; `INVALID_ARGUMENT` when one is missing.
 * @example
 * ```ts
 * const bytes = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
 * const { train, test } = await mnistFromFiles({
 *   trainImages: await bytes('train-images-idx3-ubyte.gz'),
 *   trainLabels: await bytes('train-labels-idx1-ubyte.gz'),
 *   testImages: await bytes('t10k-images-idx3-ubyte.gz'),
 *   testLabels: await bytes('t10k-labels-idx1-ubyte.gz'),
 * });
 * ```
 */
export function mnistFromFiles(
  files: Record<MnistFile, Uint8Array>,
  options: MnistOptions = {},
): Promise<TrainAndTest> {
  const named = (file: MnistFile): NamedBytes => ({ name: mnist.files[file].name, bytes: files[file] });
  return mnistFromNamedFiles(
    {
      trainImages: named('trainImages'),
      trainLabels: named('trainLabels'),
      testImages: named('testImages'),
      testLabels: named('testLabels'),
    },
    options,
  );
}

/** A file's content, and what error messages call it. */
export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

/** {@link mnistFromFiles}, with names for the error messages. */
export async function mnistFromNamedFiles(
  files: Record<MnistFile, NamedBytes>,
  { verify = true }: MnistOptions,
): Promise<TrainAndTest> {
  const read = async (file: MnistFile): Promise<NamedIdx> => {
    const { name } = files[file];
    const bytes = await decompress(files[file].bytes, name);
    // Before the checksum, because "cut short" says more than "not the published file".
    const idx = parseIdx(bytes, name);
    if (verify) await verifyChecksum(name, bytes, mnist.files[file].sha256);
    return { name, ...idx };
  };
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    read('trainImages'),
    read('trainLabels'),
    read('testImages'),
    read('testLabels'),
  ]);
  const train = pair('MNIST training set', trainImages, trainLabels);
  const test = pair('MNIST test set', testImages, testLabels);
  if (trainImages.shape[1] !== testImages.shape[1] || trainImages.shape[2] !== testImages.shape[2]) {
    throw new HarmonicError(
      'INVALID_DATA',
      `${testImages.name} holds images of ${imageSize(testImages)}, expected ${imageSize(trainImages)} as in ${trainImages.name}. Give files of the same data set.`,
    );
  }
  return { train, test };
}

type NamedIdx = Idx & { name: string };

const imageSize = ({ shape: [, rows, columns] }: Idx): string => `${rows}×${columns}`;

function pair(name: string, images: NamedIdx, labels: NamedIdx): LabelledDataset {
  requireRank(images, 3, 'images [count, rows, columns]');
  requireRank(labels, 1, 'labels [count]');
  const [count, rows, columns] = images.shape;
  if (images.data.length === 0) {
    throw new HarmonicError(
      'INVALID_DATA',
      `${images.name} has the shape [${images.shape.join(', ')}], which is no pixel at all. Give a file with at least one image.`,
    );
  }
  if (labels.shape[0] !== count) {
    throw new HarmonicError(
      'INVALID_DATA',
      `${labels.name} has ${labels.shape[0]} labels, expected ${count}, one for each image of ${images.name}. Give two files that belong together.`,
    );
  }
  return new LabelledDataset({
    inputs: images.data,
    labels: labels.data,
    inputSize: rows * columns,
    classes: mnist.classes,
    imageShape: [rows, columns],
    normalisation: mnist.normalisation,
    name: `${name} (${labels.name})`,
  });
}

function requireRank({ name, shape }: NamedIdx, rank: number, what: string): void {
  if (shape.length === rank) return;
  throw new HarmonicError(
    'INVALID_DATA',
    `${name} has rank ${shape.length}, expected rank ${rank}: ${what}. Check that the files are not mixed up.`,
  );
}
