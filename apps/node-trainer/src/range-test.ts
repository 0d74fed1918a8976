import { join, resolve } from 'node:path';
import type { LrRangeTestOptions, RangeTestResult, RateSuggestions } from 'harmonic-mlp';
import { modelOptions, optimizerOptions, type Setting, taskOption } from 'harmonic-mlp/settings';
import { type Backend, place, release, watched } from './backends';
import { close, leavesProcessor } from './data';
import { TrainerError } from './errors';
import type { Experiment } from './experiment';
import { makeFolder, reason, writeWhole } from './file-system';
import { besideRun } from './run-folder';
import { applicable, settingOf } from './run-settings';
import { version } from './version';

/** How the rate rises, and when the test ends; the defaults are those of the published experiment. */
export type RangeTestOptions = Pick<
  LrRangeTestOptions,
  'start' | 'end' | 'steps' | 'smoothing' | 'divergence' | 'onStep' | 'signal'
>;

/** What each suggestion is. */
export const suggestionTexts: Readonly<Record<keyof RateSuggestions, string>> = {
  steepest: 'where the smoothed loss falls fastest',
  minimumTenth: 'a tenth of the rate where the smoothed loss is lowest',
  valley: 'halfway along the longest fall of the smoothed loss',
};

/** A learning-rate range test of the model of an experiment on its training data. */
export async function rangeTest(
  backend: Backend,
  { values, data }: Experiment,
  options: RangeTestOptions,
): Promise<RangeTestResult> {
  const model = await watched(backend, data.makeModel(modelOptions(values)));
  const distorted = data.augmented?.(values, leavesProcessor(values.threads));
  const train = distorted ?? place(backend, data.train);
  try {
    return await watched(
      backend,
      model.lrRangeTest(train, {
        ...options,
        batchSize: values.batchSize,
        seed: values.seed,
        threads: values.threads,
        task: taskOption(values),
        optimizer: optimizerOptions(values),
      }),
    );
  } finally {
    if (train !== distorted) release(train as ReturnType<typeof place>);
    await close(distorted);
    model.dispose();
  }
}

/** Settings that a range test does not have: it sets the rate itself, and ends by itself. */
export const isUnused = ({ name, group }: Setting) =>
  group === 'schedule' || name === 'learningRate' || name === 'epochs';

export const isUsed = (setting: Setting) => !isUnused(setting);

/** @throws {TrainerError} `UNWRITABLE` when the folder for a range test cannot be made. */
export const requireFolder = (folder: string): Promise<void> =>
  makeFolder(folder).catch((cause) => {
    throw unsaved(folder, cause);
  });

const unsaved = (file: string, cause: unknown) => {
  const problem = `The range test cannot be saved: ${reason(cause)}.`;
  const fields = { problem, file: resolve(file), fix: 'Give another --out.' };
  return new TrainerError('UNWRITABLE', fields, { cause });
};

/**
 * Saves a range test in a folder, for reports.
 *
 * @returns the file.
 * @throws {TrainerError} `UNWRITABLE` when the folder or the file cannot be written.
 */
export async function saveRangeTest(
  folder: string,
  result: RangeTestResult,
  { values, shape }: Experiment,
  backend: Pick<Backend, 'name' | 'version'>,
): Promise<string> {
  const file = join(folder, besideRun.rangeTest);
  const content = {
    ...result,
    settings: Object.fromEntries(
      Object.entries(applicable(values)).filter(([name]) => isUsed(settingOf(name))),
    ),
    model: shape,
    versions: { trainer: version, [backend.name]: backend.version, node: process.version },
  };
  try {
    await makeFolder(folder);
    await writeWhole(file, `${JSON.stringify(content, null, 2)}\n`);
  } catch (cause) {
    throw unsaved(file, cause);
  }
  return file;
}
