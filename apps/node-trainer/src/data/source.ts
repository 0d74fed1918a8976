import { resolve } from 'node:path';
import type { Normalization } from '@harmonic-mlp/mnist-data';
import { datasets, mnist } from '@harmonic-mlp/mnist-data/datasets';
import type { DrawingStyle } from '@harmonic-mlp/mnist-data/drawing';
import type { TaskName } from 'harmonic-mlp';
import { type MadeDataset, madeDatasets } from 'harmonic-mlp/made-data';

/** Four IDX files of the user's own. */
export const ownFiles = 'own';

/** The data sets of images. */
export const imageNames: readonly string[] = [...datasets.map(({ name }) => name), ownFiles];

/** When a setting is for images. */
export const images = { setting: 'dataset', is: imageNames, text: 'for images' };

/** The data sets that are made by a formula. */
export const madeNames: readonly string[] = Object.keys(madeDatasets);

/** Which data to load, and from where. */
export interface DataSource {
  dataset: string;
  dataDir?: string;
  verify: boolean;
  /** Whether the user's own files hold each image column by column. */
  transpose?: boolean;
  /** What data made by a formula are drawn with. */
  seed?: number;
  /** The number of training examples of data made by a formula, and of test examples. */
  examples?: number;
  /** The standard deviation of the noise in data made by a formula. */
  dataNoise?: number;
}

/** The data set made by a formula that has a name, if one has it. */
export const madeDatasetOf = (name: string): MadeDataset | undefined =>
  Object.hasOwn(madeDatasets, name) ? madeDatasets[name] : undefined;

/** What models of a data set are for. */
export const taskOf = (dataset: string): TaskName => madeDatasetOf(dataset)?.task ?? 'classification';

/** The data set's name for people. */
export function titleOf({ dataset, dataDir }: DataSource): string {
  const made = madeDatasetOf(dataset);
  if (made !== undefined) return `${made.name} (${made.summary})`;
  return datasets.find(({ name }) => name === dataset)?.title ?? dataDir ?? dataset;
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
  const { seed, examples, dataNoise } = trainedOn;
  // The run's own value applies only to the user's own files.
  const isOwn = (dataset ?? trainedOn.dataset) === ownFiles;
  const common = {
    transpose: transpose ?? (isOwn ? trainedOn.transpose : undefined),
    seed,
    examples,
    dataNoise,
  };
  if (dataset !== undefined || dataDir !== undefined) {
    return {
      dataset: dataset ?? trainedOn.dataset ?? mnist.name,
      dataDir: dataDir && resolve(dataDir),
      verify,
      ...common,
    };
  }
  return {
    dataset: trainedOn.dataset ?? mnist.name,
    dataDir: trainedOn.dataDir,
    verify: verify && (trainedOn.verify ?? true),
    ...common,
  };
}
