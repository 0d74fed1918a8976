import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { type DatasetEvent, loadDataset, loadIdxPair } from '@harmonic-mlp/mnist-data/node';
import { DownloadReport } from '../download-report';
import { TrainerError } from '../errors';
import { reason } from '../file-system';
import { abortOnInterrupt } from '../interruption';
import { ImageDataset } from './image-dataset';
import { type DataSource, ownFiles } from './source';

/** Loads a data set of images; the progress of downloads is shown on standard error. */
export async function loadImages(
  { dataset, dataDir, verify, transpose }: DataSource,
  { offline }: { offline?: boolean },
): Promise<ImageDataset> {
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
    return new ImageDataset(data, dataset === ownFiles);
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
