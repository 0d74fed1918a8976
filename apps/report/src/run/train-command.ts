import { HarmonicError } from '@harmonic-mlp/core';
import {
  applicable,
  kept,
  repositoryCommand,
  resolveValues,
  runSettings,
  settingWords,
  withSpaces,
} from '@harmonic-mlp/node-trainer';
import { resolveConfig } from 'harmonic-mlp';
import { modelOptions, modelValues, requireSettings, type SettingValues } from 'harmonic-mlp/settings';

/** The command line that trains with the settings that {@link decisiveSettings} finds. */
export const trainCommand = (decisive: SettingValues): string =>
  withSpaces(repositoryCommand('train', ...settingWords(decisive)));

/**
 * The settings without which a run would be another one: those that differ from their defaults.
 *
 * @throws {HarmonicError} for settings that are not allowed.
 */
export function decisiveSettings(settings: SettingValues): SettingValues {
  let needed = requireSettings(settings, { table: runSettings });
  const goal = resolved(needed);
  for (const { name } of runSettings) {
    if (needed[name] === undefined) continue;
    const { [name]: _, ...others } = needed;
    if (leadsTo(others, goal)) needed = others;
  }
  return needed;
}

/** Whether settings are those of a run; some do not go together, such as a list for each layer with other layers. */
function leadsTo(given: SettingValues, goal: string): boolean {
  try {
    return resolved(given) === goal;
  } catch (error) {
    if (HarmonicError.is(error)) return false;
    throw error;
  }
}

/** All settings of the run that given ones lead to, as a text to compare. */
function resolved(given: SettingValues): string {
  const { values } = resolveValues({ onCommandLine: {}, inFile: given });
  const shape =
    values.task === 'regression'
      ? ({ task: 'regression', inputSize: 1, outputs: 1 } as const)
      : { inputSize: 1, classes: 2 };
  const model = modelValues(resolveConfig({ ...modelOptions(values), ...shape }));
  const all: SettingValues = applicable({ ...model, ...kept(values) });
  return JSON.stringify(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}
