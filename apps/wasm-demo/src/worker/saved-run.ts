import { HarmonicError } from '@harmonic-mlp/core';
import { sha256 } from '@harmonic-mlp/mnist-data';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { type HarmonicMLPConfig, type ModelFileInfo, resolveConfig } from 'harmonic-mlp';
import { madeDataSettings } from 'harmonic-mlp/made-data';
import {
  defaultValues,
  modelValues,
  requireSettings,
  type Setting,
  type SettingValues,
  settings as table,
  upgradeSettings,
} from 'harmonic-mlp/settings';
import {
  type DataChoice,
  datasetNames,
  isMade,
  madeDataset,
  madeExamples,
  modelForm,
  titleOf,
} from '../dataset';
import { firstEpoch } from '../page-settings';
import { fingerprint } from '../sets';
import type { Settings } from '../settings';

const ofTraining = table.filter(({ group }) => group !== 'model');

/** What a run saves about itself: everything except the settings of the model, which are in its configuration. */
const keptSettings = (dataset: string): readonly Setting[] =>
  isMade(dataset) ? [...Object.values(madeDataSettings), ...ofTraining] : [...ofTraining, firstEpoch];

const kept = (values: SettingValues, dataset: string): SettingValues =>
  Object.fromEntries(
    keptSettings(dataset).flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );

/**
 * What the command line saves in the metadata of a model file, so that it can find the data and settings of the run again.
 */
export async function runMetadata(settings: Settings): Promise<Record<string, string>> {
  const { dataset } = settings;
  const { normalization, classNames } = mnist;
  return {
    run: JSON.stringify({
      ...kept(settings, dataset),
      dataset,
      verify: true,
      backend: settings.backend,
      kernels: true,
      ...(dataset === mnist.name && { normalization, classNames }),
      dataFingerprint: await fingerprintOf(settings),
    }),
  };
}

/** A checksum of the training set; undefined where a browser computes none for made data. */
async function fingerprintOf(data: DataChoice): Promise<string | undefined> {
  const made = madeDataset(data.dataset);
  if (made === undefined) return fingerprint;
  if (globalThis.crypto?.subtle === undefined) return undefined;
  const { inputs, targets } = madeExamples(made, data, 'train');
  const sums = [inputs, targets].map(({ buffer }) => sha256(new Uint8Array(buffer)));
  return (await Promise.all(sums)).join('-');
}

/** Whether a checksum is that of the training set, as far as this browser can tell. */
async function isTrainingSet(checksum: unknown, data: DataChoice): Promise<boolean> {
  const own = await fingerprintOf(data);
  return own === undefined || own === checksum;
}

/** What a file says about its network and run. */
export interface SavedRun {
  settings: Partial<Settings>;
  /** Whether the run can continue here, in which case the settings are complete. */
  resumable: boolean;
  /** The data set that the network was trained on, if the file says so. */
  trainedOn?: string;
  /** The data to test it on. */
  data: DataChoice;
}

/**
 * Reads what a file says about its network and run.
 *
 * @param others the data to test a network on whose file does not say what it was trained on, or names unknown data.
 * @throws {HarmonicError} `INVALID_DATA` if the network does not fit the data.
 */
export async function readSavedRun(
  { config, metadata, isCheckpoint, history }: ModelFileInfo,
  others: DataChoice,
): Promise<SavedRun> {
  const run = parseRun(metadata.run);
  const trainedOn = typeof run.dataset === 'string' ? run.dataset : undefined;
  const known = [run.dataFingerprint === fingerprint ? mnist.name : trainedOn].find(
    (name) => name !== undefined && datasetNames.includes(name),
  );
  const dataset =
    known ?? [others.dataset, mnist.name].find((name) => formOf(name) === formText(config)) ?? others.dataset;
  requireForm(config, dataset, trainedOn);
  const values = known === undefined ? undefined : valuesOf(run, known);
  const { examples, dataNoise, seed } = values ?? { ...valuesOf({}, dataset), ...others };
  const data = { dataset, examples, dataNoise, seed };
  const settings = { ...modelValues(config), dataset } as Partial<Settings>;
  // The page holds no examples out, and distorts none.
  const isDistorted = Object.keys(run).some((name) => name.startsWith('augment') && run[name] !== 0);
  const canContinue = isCheckpoint && run.validation === undefined && !isDistorted;
  // One seed represents both in the settings.
  if (canContinue && values?.seed === config.seed && (await isTrainingSet(run.dataFingerprint, data))) {
    const epochs = Math.max(values.epochs, history.length);
    return { settings: { ...values, ...settings, epochs }, resumable: true, trainedOn, data };
  }
  return { settings, resumable: false, trainedOn, data };
}

function requireForm(config: HarmonicMLPConfig, dataset: string, trainedOn: string | undefined): void {
  const form = formText(config);
  const wanted = formOf(dataset);
  if (form === wanted) return;
  const origin = trainedOn === undefined ? '' : `, and was trained on ${trainedOn}`;
  throw new HarmonicError('INVALID_DATA', {
    argument: 'config',
    value: config,
    problem: `This network ${form}${origin}; for ${titleOf(dataset)}, it must be one that ${wanted}.`,
  });
}

const formOf = (dataset: string): string => formText(resolveConfig(modelForm(dataset)));

/** "takes 784 numbers and distinguishes 10 classes" */
function formText({ inputSize, classes, outputs, task }: HarmonicMLPConfig): string {
  const numbers = (count: number) => `${count} ${count === 1 ? 'number' : 'numbers'}`;
  const takes = `takes ${numbers(inputSize)}`;
  if (classes !== undefined) return `${takes} and distinguishes ${classes} classes`;
  return task === 'regression'
    ? `${takes} and predicts ${numbers(outputs!)}`
    : `${takes} and gives ${outputs} labels`;
}

function parseRun(text: string | undefined): SettingValues {
  try {
    return upgradeSettings(Object(JSON.parse(text ?? '{}')));
  } catch {
    return {};
  }
}

/** All settings of a run except those of the model; undefined if some are unknown here. */
function valuesOf(run: SettingValues, dataset: string): Settings | undefined {
  const table = keptSettings(dataset);
  try {
    const own = requireSettings(kept(run, dataset), { table });
    const ofImages = dataset === mnist.name ? { firstEpoch: 'shuffled' } : {};
    return { ...defaultValues(table), ...ofImages, compare: false, ...own } as Settings;
  } catch {
    return undefined;
  }
}
