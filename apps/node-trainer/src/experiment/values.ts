import { resolve } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import type { PresetName } from 'harmonic-mlp';
import { defaultValues, requireApplicable, type SettingValues, scheduleOption } from 'harmonic-mlp/settings';
import { inConfigFile, readConfigFile } from '../config-file';
import { defaultsFor, presetFor, taskOf, usualPreset } from '../data';
import { override, runSettings } from '../run-settings';
import { changesOf, resumedValues, type SavedRun } from '../saved-run';
import type { TrainingValues } from '../training-values';

/** The settings that a command was given. */
export interface GivenSettings {
  readonly onCommandLine: SettingValues;
  readonly inFile: SettingValues;
  /** The file. */
  readonly file?: string;
  /** The preset beneath them; `usual` for that of the data set. Default: none, so that they are the defaults of the data set. */
  readonly preset?: PresetName | 'usual';
}

/** The settings that a command line gives, itself and in its `--config` file. */
export async function givenSettings(
  onCommandLine: SettingValues,
  { config: file, preset }: { config?: string; preset?: PresetName },
): Promise<GivenSettings> {
  const { settings: inFile = {}, preset: presetInFile } =
    file === undefined ? {} : await readConfigFile(file);
  const beneath = preset ?? (presetInFile === undefined ? 'usual' : (presetInFile ?? undefined));
  return { onCommandLine, inFile, file, preset: beneath };
}

/**
 * All settings of a run: the given ones, then those of a resumed run or of a preset, then the defaults of the data set and of the
 * table. A preset that was asked for comes before the defaults of a data set.
 *
 * @returns them, and those that were given and change something.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for settings that do not go together.
 */
export function resolveValues(
  { onCommandLine, inFile, file, preset: asked }: GivenSettings,
  resumed?: SavedRun,
): { values: TrainingValues; given: SettingValues } {
  const given = override(resumed === undefined ? inFile : changesOf(inFile, resumed), onCommandLine);
  const own = resumed === undefined ? given : resumedValues(resumed, given);
  const usual = defaultValues(runSettings, given);
  const dataset = String(own.dataset ?? usual.dataset);
  const task = taskOf(dataset);
  const preset = asked === 'usual' ? usualPreset(dataset) : asked;
  const values = {
    ...usual,
    ...defaultsFor(dataset, own),
    ...(resumed === undefined && presetFor(dataset, preset, own)),
    ...own,
    task,
  } as Partial<TrainingValues> as TrainingValues;
  // Absolute, so that the run finds its data from any folder.
  values.dataDir = values.dataDir && resolve(values.dataDir);
  requireApplicable(onCommandLine, values, { table: runSettings });
  requireApplicable(given, values, { table: runSettings, file });
  scheduleOption(values); // Refuses what the schedule refuses, before anything loads.
  return { values, given };
}

/** An error, with the configuration file as the place of the setting that it names, if it stands there. */
export function inGivenFile(error: unknown, { onCommandLine, inFile, file }: GivenSettings): unknown {
  if (!HarmonicError.is(error) || file === undefined) return error;
  const { argument = '' } = error;
  const isInFile = inFile[argument] !== undefined && onCommandLine[argument] === undefined;
  const isKnown = error.file !== undefined && error.file !== file;
  return isInFile && !isKnown ? inConfigFile(error, file) : error;
}
