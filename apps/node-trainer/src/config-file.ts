import { dirname, resolve } from 'node:path';
import { HarmonicError } from '@harmonic-mlp/core';
import { requireSettings, type SettingValues } from 'harmonic-mlp/settings';
import { withHome } from './folders';
import { applicable, runSettings } from './run-settings';
import { readSettingsFile } from './settings-file';

/**
 * The settings in a YAML or JSON file: an object of settings by name, or the `config.json` of a run, which holds them as `settings`.
 * A `dataDir` is relative to the file.
 *
 * @throws {TrainerError} `UNREADABLE` when it cannot be read, `INVALID_DATA` when it is neither, `INVALID_ARGUMENT` for a
 *   setting that does not exist, with the closest one that does, or a value that is not allowed.
 */
export async function readConfigFile(file: string): Promise<SettingValues> {
  const content = await readSettingsFile(file, 'configuration');
  const { settings, versions } = Object(content);
  const isOfRun = settings !== undefined && versions !== undefined;
  const given = checked((isOfRun ? settings : content) as object, file);
  // Earlier versions wrote a value for each setting of the model, even if it does not apply.
  const { dataDir, ...values } = isOfRun ? applicable(given) : given;
  return dataDir === undefined
    ? values
    : { ...values, dataDir: resolve(dirname(file), withHome(dataDir as string)) };
}

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
