import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type Checkpoint, type HarmonicMLPConfig, readCheckpoint } from 'harmonic-mlp';
import {
  defaultValues,
  modelValues,
  requireSettings,
  type Setting,
  type SettingValues,
  upgradeSettings,
} from 'harmonic-mlp/settings';
import { augmentationSettings } from './data';
import {
  checkpointAt,
  checkpointsFolder,
  earlierCheckpoints,
  runOf,
  type Standing,
  standing,
} from './earlier-checkpoints';
import { hasCode, TrainerError } from './errors';
import { codeOf } from './file-system';
import { inFile } from './in-file';
import { nameOption } from './name-option';
import { settingOption } from './options';
import { readModelFile, runFiles } from './run-folder';
import { applicable, checkpointSettings, override, runSettings, settingOf } from './run-settings';

/** A run to resume. */
export interface SavedRun {
  file: string;
  folder: string;
  checkpoint: Checkpoint;
  /** Its settings, except those of the model, which are in its configuration. */
  values: SettingValues;
  dataFingerprint: string;
  /** Why this is an earlier checkpoint than the one that was asked for, which cannot be used. */
  insteadOf?: TrainerError;
}

/** What a checkpoint keeps of its run besides the settings. */
interface Remembered {
  dataFingerprint?: unknown;
  /** The order in which the browser demo took the images in the first epoch. */
  firstEpoch?: unknown;
}

const ofModel = ({ group }: Setting) => group === 'model';

/** The settings that a run keeps in its checkpoints. */
export const kept = (values: SettingValues): SettingValues =>
  Object.fromEntries(Object.entries(applicable(values)).filter(([name]) => !ofModel(settingOf(name))));

/**
 * The file with the run that `--resume` names.
 *
 * @param given whether the command line gives a setting.
 * @throws {TrainerError} `INVALID_ARGUMENT` for a setting that a run cannot change.
 */
export function requireResumable(place: string, given: (name: string) => boolean): string {
  const repeated = runSettings.find(({ name, onResume }) => onResume === 'fixed' && given(name));
  if (repeated !== undefined) throw fixedByRun(repeated.name, `--${repeated.flag}`);
  const last = join(place, runFiles.last);
  return existsSync(last) || existsSync(join(place, checkpointsFolder)) ? last : place;
}

function fixedByRun(argument: string, given: string, value?: unknown): TrainerError {
  const free = runSettings.filter(({ onResume, group }) => onResume !== 'fixed' && group !== 'data');
  return new TrainerError('INVALID_ARGUMENT', {
    argument,
    value,
    problem: `${given} cannot be given with --resume: the run keeps what it was started with.`,
    fix: `These may change: ${free.map((setting) => settingOption(setting).long).join(', ')}.`,
  });
}

/** @throws {TrainerError} `INVALID_ARGUMENT` when a configuration file differs from what the run was started with. */
export function requireSameAsSaved(given: SettingValues, run: SavedRun): void {
  const saved = allValues(run);
  for (const { name, onResume } of runSettings) {
    if (onResume !== 'fixed' || given[name] === undefined || isSame(given[name], saved[name])) continue;
    throw fixedByRun(name, `${name} ${JSON.stringify(given[name])}`, given[name]);
  }
}

/** The values in a configuration file that differ from the run's own: only these change a resumed run. */
export function changesOf(inFile: SettingValues, run: SavedRun): SettingValues {
  const saved = allValues(run);
  return Object.fromEntries(Object.entries(inFile).filter(([name, value]) => !isSame(value, saved[name])));
}

/** The settings of a run, those of its model among them. */
export const allValues = ({ checkpoint, values }: SavedRun): SettingValues => ({
  ...modelValues(checkpoint.config as HarmonicMLPConfig),
  ...values,
});

/** One number for all layers equals the same number for each. */
function isSame(given: unknown, saved: unknown): boolean {
  const own = Array.isArray(saved) && typeof given === 'number' ? saved.map(() => given) : given;
  return JSON.stringify(own) === JSON.stringify(saved);
}

/** The run that a checkpoint belongs to, with its settings. */
export async function readSavedRun(place: string): Promise<SavedRun> {
  const { file, bytes } = await readModelFile(place);
  const checkpoint = decode(file, bytes);
  const { metadata, isCheckpoint, position } = checkpoint;
  if (metadata.run === undefined || !isCheckpoint) {
    throw new TrainerError('INVALID_DATA', {
      problem: 'The file holds a model, but no run to resume.',
      fix: 'Pass the last.safetensors of a run.',
      file,
    });
  }
  const { values, dataFingerprint, firstEpoch } = parseRun(metadata.run, file);
  const { epoch, step, stepsPerEpoch } = position!;
  if (firstEpoch === 'arrival' && epoch === 1 && step > 0 && step < stepsPerEpoch) {
    throw new TrainerError('UNSUPPORTED', {
      problem:
        'The run was saved during a first epoch that took the images in the order in which they arrived in a browser, which only that browser knows.',
      fix: 'Load the file there, and save it again after that epoch.',
      file,
    });
  }
  return { file, folder: runOf(file), checkpoint, values, dataFingerprint };
}

/**
 * The run of a checkpoint, like {@link readSavedRun}; if it is a run's last one, and is damaged or gone, that of the newest one of
 * the run that is whole.
 */
export async function readRunToResume(place: string): Promise<SavedRun> {
  try {
    return await readSavedRun(place);
  } catch (error) {
    if (basename(place) !== runFiles.last || !isDamage(error)) throw error;
    const others = [
      ...(await earlierCheckpoints(dirname(place))),
      ...(await checkpointAt(join(dirname(place), runFiles.best))),
    ].sort((a, b) => b.time - a.time);
    for (const { file } of others) {
      const run = await readSavedRun(file).catch(() => undefined);
      if (run !== undefined) return { ...run, insteadOf: error };
    }
    throw error;
  }
}

/** What is said about a run that continues from an earlier checkpoint than its last one. */
export function instead({ file, checkpoint, insteadOf }: SavedRun): string {
  const { epoch, step } = standing(checkpoint.position!);
  return `${insteadOf?.describe(nameOption)} The run continues from the checkpoint before, at step ${step} of epoch ${epoch}: ${relative('', file)}.`;
}

/** Where the last checkpoint of a run stands, if there is one that is whole. */
export async function lastOf(run: string): Promise<Standing | undefined> {
  const saved = await readSavedRun(join(run, runFiles.last)).catch(() => undefined);
  return saved && standing(saved.checkpoint.position!);
}

const isDamage = (error: unknown): error is TrainerError =>
  hasCode(error, 'INVALID_DATA') || (hasCode(error, 'UNREADABLE') && codeOf(error.cause) === 'ENOENT');

/** The content of a model file, which errors name. */
export const decode = (file: string, bytes: Uint8Array): Checkpoint =>
  inFile(file, () => readCheckpoint(bytes));

function parseRun(text: string, file: string) {
  try {
    const { dataFingerprint, firstEpoch, ...run } = JSON.parse(text) as Remembered & object;
    if (typeof dataFingerprint !== 'string') throw missing('dataFingerprint');
    const saved = upgradeSettings(run);
    const names = new Set(runSettings.filter((setting) => !ofModel(setting)).map(({ name }) => name));
    // What is kept of the data, such as its class names, is not a setting.
    const own = Object.fromEntries(Object.entries(saved).filter(([name]) => names.has(name)));
    const required = ['batchSize', 'learningRate', 'seed', 'dataset'].find((name) => own[name] === undefined);
    if (required !== undefined) throw missing(required);
    // Runs of earlier versions, which had no kernels, no label smoothing, and no threads, do not mention them; nor do those of the
    // browser demo mention their checkpoints.
    const { checkpointSeconds, keep } = checkpointSettings;
    const usual = {
      kernels: false,
      labelSmoothing: 0,
      clipNorm: 'none',
      threads: 'auto',
      ...defaultValues([checkpointSeconds, keep, ...Object.values(augmentationSettings)]),
    };
    const values = requireSettings({ ...usual, ...own }, { table: runSettings });
    return { values, dataFingerprint, firstEpoch };
  } catch (cause) {
    const problem = `The settings of its run are damaged: ${(cause as Error).message}`;
    throw new TrainerError('INVALID_DATA', { problem, file }, { cause });
  }
}

const missing = (argument: string) =>
  new TrainerError('INVALID_DATA', { argument, problem: `${argument} is missing.` });

/** The settings that a run is resumed with: its own, except those that are given. */
export function resumedValues({ values }: SavedRun, given: SettingValues): SettingValues {
  const dropped = new Set<string>();
  // Another data set is not in the same folder.
  if (given.dataset !== undefined) for (const name of ['dataDir', 'verify', 'transpose']) dropped.add(name);
  // Another schedule starts at the step where the run is resumed, with settings of its own.
  if (given.schedule !== undefined && given.schedule !== values.schedule) {
    for (const { name, when } of runSettings) if (when?.setting === 'schedule') dropped.add(name);
  }
  const own = Object.entries(values).filter(([name]) => !dropped.has(name));
  return override(Object.fromEntries(own), given);
}

/** Whether a schedule is given, which replaces that of a resumed run. */
export const changesSchedule = (given: SettingValues): boolean =>
  runSettings.some(({ name, group }) => group === 'schedule' && given[name] !== undefined);
