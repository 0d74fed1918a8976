import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { foldIn, randomKey } from '@harmonic-mlp/core';
import { type LabeledDataset, type Normalization, sha256 } from '@harmonic-mlp/mnist-data';
import { datasets, mnist } from '@harmonic-mlp/mnist-data/datasets';
import type { DrawingStyle } from '@harmonic-mlp/mnist-data/drawing';
import { type DatasetEvent, loadDataset, loadIdxPair } from '@harmonic-mlp/mnist-data/node';
import { DownloadReport } from './download-report';
import { Interrupted, UsageError } from './exit-code';
import { reason } from './file-system';
import { abortOnInterrupt } from './interruption';

/** What `--dataset` takes: the known data sets, and any four IDX files of one's own. */
export const ownFiles = 'own';
export const datasetNames = [...datasets.map(({ name }) => name), ownFiles];

/** Which data, and where from. */
export interface DataSource {
  dataset: string;
  dataDir?: string;
  verify: boolean;
  /** Whether the files of a data set of one's own hold each image column by column. */
  transpose?: boolean;
}

/** The training and test sets of a source; downloads show their progress on standard error. */
export async function loadData(
  source: DataSource,
  { offline }: { offline?: boolean } = {},
): Promise<{ train: LabeledDataset; test: LabeledDataset }> {
  const { dataset, dataDir, verify, transpose } = source;
  if (transpose && dataset !== ownFiles) {
    throw new UsageError(
      `--transpose goes with --dataset ${ownFiles} alone: the images of ${titleOf(source)} are upright already.`,
    );
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
      throw new Interrupted('Interrupted. What was received of the data is kept for the next time.');
    }
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const { path = dataDir } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot read the data in ${path}: ${reason(error)}. Give another --data-dir.`, {
      cause: error,
    });
  } finally {
    report.end();
    release();
  }
}

/** Four IDX files named as MNIST's, of any image size and number of classes, normalized by their own mean. */
async function loadOwnFiles(dataDir: string | undefined, transposed: boolean | undefined) {
  if (dataDir === undefined) {
    throw new UsageError(`--dataset ${ownFiles} needs --data-dir, the folder of your four IDX files.`);
  }
  const { trainImages, trainLabels, testImages, testLabels } = mnist.files;
  const place = ({ name }: { name: string }) => {
    const dotted = name.replace('-idx', '.idx');
    const found = [name, dotted, `${name}.gz`, `${dotted}.gz`].find((file) =>
      existsSync(join(dataDir, file)),
    );
    if (found !== undefined) return join(dataDir, found);
    throw new Error(
      `${join(dataDir, name)} is not there, plain or .gz. Name your four files as MNIST's are: ${Object.values(
        mnist.files,
      )
        .map((file) => file.name)
        .join(', ')}.`,
    );
  };
  const train = await loadIdxPair(place(trainImages), place(trainLabels), {
    transposed,
    name: 'training set',
  });
  const { classes, normalization, imageShape } = train;
  const options = { classes, normalization, imageShape, transposed, name: 'test set' };
  return { train, test: await loadIdxPair(place(testImages), place(testLabels), options) };
}

/** A training set and what is held out of it to choose the best model by; drawn by the seed of the run. */
export function holdOut(
  train: LabeledDataset,
  validation: number | undefined,
  seed: number,
): { train: LabeledDataset; validation?: LabeledDataset } {
  if (validation === undefined) return { train };
  return train.split(validation, foldIn(randomKey(seed), 'validation split'));
}

/** What a model's file keeps of the data that it was trained on. */
export interface TrainedOn extends Partial<DataSource> {
  normalization?: Normalization;
  classNames?: string[];
  /** How drawings look in a data set of one's own; null where it holds no drawings. */
  drawingStyle?: DrawingStyle | null;
}

/** The data that a saved model is to be used on: those that it was trained on, unless options say otherwise. */
export function sourceFor(
  trainedOn: TrainedOn,
  { dataset, dataDir, verify, transpose }: Partial<DataSource> & Pick<DataSource, 'verify'>,
): DataSource {
  // That of the run goes with the files of one's own.
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

/** A checksum of a data set's examples and labels, by which a resumed run knows its data again. */
export async function fingerprint({ inputs, labels }: LabeledDataset): Promise<string> {
  const bytes = new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.byteLength);
  return `${await sha256(bytes)}-${await sha256(labels)}`;
}
