import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { foldIn, randomKey } from '@harmonic-mlp/core';
import { type LabeledDataset, type Normalization, sha256 } from '@harmonic-mlp/mnist-data';
import { datasets, mnist } from '@harmonic-mlp/mnist-data/datasets';
import type { DrawingStyle } from '@harmonic-mlp/mnist-data/drawing';
import { type DatasetEvent, loadDataset, loadIdxPair } from '@harmonic-mlp/mnist-data/node';
import { DownloadReport } from './download-report';
import { TrainerError } from './errors';
import { reason } from './file-system';
import { abortOnInterrupt } from './interruption';

/** What `--dataset` takes: a known data set, or four IDX files of the user's own. */
export const ownFiles = 'own';
export const datasetNames = [...datasets.map(({ name }) => name), ownFiles];

/** Which data to load, and from where. */
export interface DataSource {
  dataset: string;
  dataDir?: string;
  verify: boolean;
  /** Whether the user's own files hold each image column by column. */
  transpose?: boolean;
}

/** Loads the training and test sets of a source; the progress of downloads is shown on standard error. */
export async function loadData(
  source: DataSource,
  { offline }: { offline?: boolean } = {},
): Promise<{ train: LabeledDataset; test: LabeledDataset }> {
  const { dataset, dataDir, verify, transpose } = source;
  if (transpose && dataset !== ownFiles) {
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: 'transpose',
      value: transpose,
      problem: `--transpose works only with --dataset ${ownFiles}: the images of ${titleOf(source)} are already upright.`,
    });
  }
  const report = new DownloadReport();
  const { signal, release } = abortOnInterrupt(() => report.end());
  try {
    const data =
      dataset === ownFiles
        ? await loadOwnFiles(dataDir, transpose)
        : await loadDataset(dataset, {
            directory: dataDir,
            verify,
            offline,
            resolveFrom: import.meta.url,
            signal,
            onEvent: (event: DatasetEvent) => report.event(event),
          });
    signal.throwIfAborted();
    return data;
  } catch (error) {
    if (signal.aborted) {
      throw new TrainerError(
        'INTERRUPTED',
        'Interrupted. What has been downloaded is kept for the next time.',
      );
    }
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const { path = dataDir } = error as NodeJS.ErrnoException;
    const problem = `The data cannot be read: ${reason(error)}.`;
    throw new TrainerError(
      'UNREADABLE',
      { problem, file: path, fix: 'Give another --data-dir.' },
      { cause: error },
    );
  } finally {
    report.end();
    release();
  }
}

/** Loads four IDX files named like MNIST's, of any image size and number of classes, normalized by their own mean. */
async function loadOwnFiles(dataDir: string | undefined, transposed: boolean | undefined) {
  if (dataDir === undefined) {
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: 'dataDir',
      problem: `--dataset ${ownFiles} needs --data-dir, the folder with your four IDX files.`,
    });
  }
  const { trainImages, trainLabels, testImages, testLabels } = mnist.files;
  const place = ({ name }: { name: string }) => {
    const dotted = name.replace('-idx', '.idx');
    const found = [name, dotted, `${name}.gz`, `${dotted}.gz`].find((file) =>
      existsSync(join(dataDir, file)),
    );
    if (found !== undefined) return join(dataDir, found);
    const names = Object.values(mnist.files).map((file) => file.name);
    throw new TrainerError('FILE_NOT_FOUND', {
      problem: 'The file is not there, neither plain nor as .gz.',
      fix: `Name your four files like MNIST's: ${names.join(', ')}.`,
      file: join(dataDir, name),
    });
  };
  const train = await loadIdxPair(place(trainImages), place(trainLabels), {
    transposed,
    name: 'training set',
  });
  const { classes, normalization, imageShape } = train;
  const options = { classes, normalization, imageShape, transposed, name: 'test set' };
  return { train, test: await loadIdxPair(place(testImages), place(testLabels), options) };
}

/** Splits off a validation set by which to choose the best model, drawn with the seed of the run. */
export function holdOut(
  train: LabeledDataset,
  validation: number | undefined,
  seed: number,
): { train: LabeledDataset; validation?: LabeledDataset } {
  if (validation === undefined) return { train };
  return train.split(validation, foldIn(randomKey(seed), 'validation split'));
}

/** What a model's file says about the data that it was trained on. */
export interface TrainedOn extends Partial<DataSource> {
  normalization?: Normalization;
  /** The training examples that were held out and evaluated instead of the test set. */
  validation?: number;
  classNames?: string[];
  /** How drawings look in the user's own data set; null if it does not hold drawings. */
  drawingStyle?: DrawingStyle | null;
}

/** The data to use a saved model on: the data that it was trained on, unless options say otherwise. */
export function sourceFor(
  trainedOn: TrainedOn,
  { dataset, dataDir, verify, transpose }: Partial<DataSource> & Pick<DataSource, 'verify'>,
): DataSource {
  // The run's own value applies only to the user's own files.
  const isOwn = (dataset ?? trainedOn.dataset) === ownFiles;
  const transposed = transpose ?? (isOwn ? trainedOn.transpose : undefined);
  if (dataset !== undefined || dataDir !== undefined) {
    return {
      dataset: dataset ?? trainedOn.dataset ?? mnist.name,
      dataDir: dataDir && resolve(dataDir),
      verify,
      transpose: transposed,
    };
  }
  return {
    dataset: trainedOn.dataset ?? mnist.name,
    dataDir: trainedOn.dataDir,
    verify: verify && (trainedOn.verify ?? true),
    transpose: transposed,
  };
}

/** The data set's name for people. */
export const titleOf = ({ dataset, dataDir }: DataSource): string =>
  datasets.find(({ name }) => name === dataset)?.title ?? dataDir ?? dataset;

/** A checksum of a data set's examples and labels, by which a resumed run recognizes its data. */
export async function fingerprint({ inputs, labels }: LabeledDataset): Promise<string> {
  const bytes = new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength);
  return `${await sha256(bytes)}-${await sha256(labels)}`;
}
