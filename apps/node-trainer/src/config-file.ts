import { dirname, resolve } from 'node:path';
import { HarmonicError, nearestName, requireOneOf } from '@harmonic-mlp/core';
import type { PresetName } from 'harmonic-mlp';
import { presetNames, requireSettings, type SettingValues } from 'harmonic-mlp/settings';
import { withHome } from './folders';
import { applicable, runSettings } from './run-settings';
import { readSettingsFile } from './settings-file';

/** What a file of settings gives. */
export interface ConfigFile {
  readonly settings: SettingValues;
  /** The preset beneath them; null for none, as in the file of a run, which has all settings that differ from the defaults. */
  readonly preset?: PresetName | null;
}

/**
 * The settings in a YAML or JSON file: an object of settings by name, and of a `preset`, or the `config.json` of a run, which holds
 * them as `settings`. A `dataDir` is relative to the file.
 *
 * @throws {TrainerError} `UNREADABLE` when it cannot be read, `INVALID_DATA` when it is neither, `INVALID_ARGUMENT` for a
 *   setting that does not exist, with the closest one that does, or a value that is not allowed.
 */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const content = await readSettingsFile(file, 'configuration');
  const { settings, versions } = Object(content);
  if (settings !== undefined && versions !== undefined) {
    // Earlier versions wrote a value for each setting of the model, even if it does not apply.
    return { preset: null, settings: withData(applicable(checked(settings, file)), file) };
  }
  const { preset, ...others } = Object(content);
  requireNotNearly(others, file);
  if (preset == null) return { settings: withData(checked(content as object, file), file) };
  try {
    requireOneOf('"preset"', preset, presetNames);
  } catch (error) {
    throw (error as HarmonicError).with({ file });
  }
  return { preset, settings: withData(checked(others, file), file) };
}

/** Refuses what is nearly the name `preset`, which the table of settings does not know. */
function requireNotNearly(content: object, file: string): void {
  const names = ['preset', ...runSettings.map(({ name }) => name)];
  const near = Object.keys(content).find(
    (name) => !names.includes(name) && nearestName(name, names) === 'preset',
  );
  if (near === undefined) return;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: near,
    problem: `There is no setting ${JSON.stringify(near)}.`,
    fix: 'Did you mean "preset"?',
    file,
  });
}

/** The settings of a file, with the folder of the data as seen from here. */
const withData = ({ dataDir, ...settings }: SettingValues, file: string): SettingValues =>
  dataDir === undefined
    ? settings
    : { ...settings, dataDir: resolve(dirname(file), withHome(dataDir as string)) };

function checked(content: object, file: string): SettingValues {
  try {
    return requireSettings(content, { table: runSettings, file });
  } catch (error) {
    throw inConfigFile(error, file);
  }
}

/** The error for a setting in a configuration file, which names the file and the setting as it is in there. */
export function inConfigFile(error: unknown, file: string): unknown {
  if (!HarmonicError.is(error) || !runSettings.some(({ name }) => name === error.argument)) return error;
  return error.with({ argument: JSON.stringify(error.argument), file }); // Quoted, it is not taken for an option's name.
}
