import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import { type Checkpoint, readCheckpoint } from 'harmonic-mlp';
import { requireSettings, type Setting, type SettingValues, upgradeSettings } from 'harmonic-mlp/settings';
import { UsageError } from './exit-code';
import { inFile } from './in-file';
import { readModelFile, runFiles } from './run-folder';
import { runSettings } from './run-settings';

/** A run that goes on. */
export interface SavedRun {
  file: string;
  folder: string;
  checkpoint: Checkpoint;
  /** Its settings, but for those of the model, which its configuration has. */
  values: SettingValues;
  dataFingerprint: string;
}

/** What else a checkpoint keeps of its run, beside the settings. */
interface Remembered {
  dataFingerprint?: unknown;
  /** In which order the browser demo took the images in the first epoch. */
  firstEpoch?: unknown;
}

const ofModel = ({ group }: Setting) => group === 'model';

/** What a run keeps of itself in its checkpoints. */
export const kept = (values: SettingValues): SettingValues =>
  Object.fromEntries(
    runSettings
      .filter((setting) => !ofModel(setting))
      .flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );

/**
 * The file with the run that `--resume` names.
 *
 * @param given whether an option is on the command line.
 * @throws {UsageError} for an option that a run cannot change.
 */
export function requireResumable(place: string, given: (name: string) => boolean): string {
  const repeated = runSettings.find(({ name, onResume }) => onResume === 'fixed' && given(name));
  if (repeated !== undefined) throw fixedByRun(`--${repeated.flag}`);
  const last = join(place, runFiles.last);
  return existsSync(last) ? last : place;
}

const fixedByRun = (name: string): UsageError => {
  const free = runSettings.filter(({ onResume, group }) => onResume !== 'fixed' && group !== 'data');
  return new UsageError(
    `${name} cannot be given with --resume: the run keeps what it was started with. What may change: ${free.map((setting) => `--${setting.flag}`).join(', ')}.`,
  );
};

/** @throws {UsageError} when a configuration file says something else than the run that goes on was started with. */
export function requireSameAsSaved(given: SettingValues, { checkpoint, values }: SavedRun): void {
  const saved = { ...checkpoint.config, ...values } as SettingValues;
  for (const { name, onResume } of runSettings) {
    if (onResume !== 'fixed' || given[name] === undefined || isSame(given[name], saved[name])) continue;
    throw fixedByRun(`${name} ${JSON.stringify(given[name])}`);
  }
}

/** A number for all layers is the same as one for each. */
function isSame(given: unknown, saved: unknown): boolean {
  const own = Array.isArray(saved) && typeof given === 'number' ? saved.map(() => given) : given;
  return JSON.stringify(own) === JSON.stringify(saved);
}

/** The run that a checkpoint belongs to, and what it keeps of its settings. */
export async function readSavedRun(place: string): Promise<SavedRun> {
  const { file, bytes } = await readModelFile(place);
  const checkpoint = decode(file, bytes);
  const { metadata, isCheckpoint, position } = checkpoint;
  if (metadata.run === undefined || !isCheckpoint) {
    throw new Error(`${file} holds a model, but no run to resume. Give the last.safetensors of a run.`);
  }
  const { values, dataFingerprint, firstEpoch } = parseRun(metadata.run, file);
  const { epoch, step, stepsPerEpoch } = position!;
  if (firstEpoch === 'arrival' && epoch === 1 && step > 0 && step < stepsPerEpoch) {
    throw new Error(
      `${file} was saved in the midst of a first epoch that took the images as they arrived in a browser, an order that is known only there. Load it in the browser, and save it again after that epoch.`,
    );
  }
  return { file, folder: dirname(file), checkpoint, values, dataFingerprint };
}

/** What a model file holds; errors name it. */
export const decode = (file: string, bytes: Uint8Array): Checkpoint =>
  inFile(file, () => readCheckpoint(bytes));

function parseRun(text: string, file: string) {
  try {
    const { dataFingerprint, firstEpoch, ...run } = JSON.parse(text) as Remembered & object;
    if (typeof dataFingerprint !== 'string') throw new Error('dataFingerprint is missing.');
    const saved = upgradeSettings(run);
    const names = new Set(runSettings.filter((setting) => !ofModel(setting)).map(({ name }) => name));
    // What is kept of the data, as its class names, is not a setting.
    const own = Object.fromEntries(Object.entries(saved).filter(([name]) => names.has(name)));
    const required = ['batchSize', 'learningRate', 'seed', 'dataset'].find((name) => own[name] === undefined);
    if (required !== undefined) throw new Error(`${required} is missing.`);
    // Before there were kernels, none were used.
    const values = requireSettings({ kernels: false, ...own }, { table: runSettings });
    return { values, dataFingerprint, firstEpoch };
  } catch (cause) {
    throw new HarmonicError(
      'INVALID_DATA',
      { problem: `the settings of its run are damaged: ${(cause as Error).message}`, file },
      { cause },
    );
  }
}

/** What a run goes on with: its own settings, but for those that are given. */
export function valuesToGoOnWith({ values }: SavedRun, given: SettingValues): SettingValues {
  const dropped = new Set<string>();
  // Another data set is not in the folder of the run's.
  if (given.dataset !== undefined) for (const name of ['dataDir', 'verify', 'transpose']) dropped.add(name);
  // A schedule of another kind has settings of its own.
  if (given.schedule !== undefined && given.schedule !== values.schedule) {
    for (const { name, when } of runSettings) if (when?.setting === 'schedule') dropped.add(name);
  }
  const own = Object.entries(values).filter(([name]) => !dropped.has(name));
  return { ...Object.fromEntries(own), ...given };
}

/** Whether a schedule is given anew, of which a resumed run would otherwise go on with its own. */
export const changesSchedule = (given: SettingValues): boolean =>
  runSettings.some(({ name, group }) => group === 'schedule' && given[name] !== undefined);
