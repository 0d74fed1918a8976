import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import type { ExampleValues, HarmonicMLPOptions, TaskName } from 'harmonic-mlp';
import { type MadeDataset, madeDatasets, makeData } from 'harmonic-mlp/made-data';
import { accuracy, type Measure, rmse } from './measure';

/** What defines the examples of a run. */
export interface DataChoice {
  /** `mnist`, or the name of a made data set. */
  dataset: string;
  /** The number of examples to make, for training and for testing each. */
  examples?: number;
  /** The standard deviation of their noise. */
  dataNoise?: number;
  /** The part of each target that all classes share, in losses. */
  labelSmoothing?: number;
  seed: number;
}

export const datasetNames: readonly string[] = [mnist.name, ...Object.keys(madeDatasets)];

/** A made data set; undefined for MNIST. */
export const madeDataset = (name: string): MadeDataset | undefined =>
  Object.hasOwn(madeDatasets, name) ? madeDatasets[name] : undefined;

/** Whether a data set is made rather than downloaded. */
export const isMade = (name: string): boolean => madeDataset(name) !== undefined;

export const taskOf = (dataset: string): TaskName => madeDataset(dataset)?.task ?? 'classification';

export const measureOf = (dataset: string): Measure => (taskOf(dataset) === 'regression' ? rmse : accuracy);

/** A data set in a sentence: "MNIST", "the data set waves". */
export const titleOf = (dataset: string): string =>
  dataset === mnist.name ? mnist.title : `the data set ${dataset}`;

/** The input and output of a model of a data set. */
export function modelForm(dataset: string): Pick<HarmonicMLPOptions, 'inputSize' | 'task' | 'classes'> {
  const made = madeDataset(dataset);
  if (made === undefined) {
    const [height, width] = mnist.imageShape;
    return { inputSize: height * width, classes: mnist.classes };
  }
  const { inputSize, classes, task } = made;
  return task === 'regression' ? { inputSize, task } : { inputSize, classes };
}

/** The examples of a made data set. */
export const madeExamples = (
  made: MadeDataset,
  { examples, dataNoise, seed }: DataChoice,
  part: 'train' | 'test',
): ExampleValues & { inputs: Float32Array; targets: Float32Array } =>
  makeData(made, { examples, noise: dataNoise, seed, part }) as {
    inputs: Float32Array;
    targets: Float32Array;
  };

/**
 * The settings that suit made data, as texts, where they differ from those of the published experiment. Periods that are not
 * chosen are proposed from the data.
 */
const madeDefaults: Readonly<Record<string, string>> = {
  hidden: '64',
  norm: 'none',
  standardizeInputs: 'yes',
  dropout: '0',
  batchSize: '32',
  epochs: '500',
  learningRate: '0.005',
  schedule: 'cosine',
};

/** The settings that suit a data set, as texts by name, where they differ from those of the published experiment. */
export const ownDefaults = (dataset: string): Readonly<Record<string, string>> =>
  isMade(dataset) ? madeDefaults : {};
