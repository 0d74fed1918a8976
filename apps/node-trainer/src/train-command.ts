import { HarmonicError } from '@harmonic-mlp/core';
import { type PresetName, resolveConfig } from 'harmonic-mlp';
import {
  modelOptions,
  modelValues,
  presetNames,
  requireSettings,
  type SettingValues,
} from 'harmonic-mlp/settings';
import { repositoryCommand } from './command-line';
import { usualPreset } from './data';
import { resolveValues } from './experiment';
import { settingWords } from './options';
import { applicable, runSettings, settingOf } from './run-settings';
import { kept } from './saved-run';
import type { TrainingValues } from './training-values';
import { withSpaces } from './wrapped';

/** What a run is started with. */
export interface Decisive {
  /** The preset beneath its settings; undefined for the defaults of data made by a formula. */
  readonly preset?: PresetName;
  /** The settings without which it would be another run. */
  readonly settings: SettingValues;
}

/** The command line that trains with the settings that {@link decisiveSettings} finds. */
export const trainCommand = (decisive: Decisive): string =>
  withSpaces(repositoryCommand('train', ...trainWords(decisive)));

/** The options of {@link trainCommand}. */
export function trainWords({ preset, settings }: Decisive): string[] {
  const { dataset = settingOf('dataset').type.default } = settings;
  const isNamed = preset !== undefined && preset !== usualPreset(String(dataset));
  return [...(isNamed ? ['--preset', preset] : []), ...settingWords(settings)];
}

/**
 * The settings of a run that differ from a preset: the one with the fewest.
 *
 * @param settings those that differ from the defaults of its data; others may be among them.
 * @throws {HarmonicError} for settings that are not allowed.
 */
export function decisiveSettings(settings: SettingValues): Decisive {
  const checked = requireSettings(settings, { table: runSettings });
  const goal = resolved(checked, undefined);
  const usual = usualPreset(String(checked.dataset ?? settingOf('dataset').type.default));
  const presets = usual === undefined ? [undefined, ...presetNames] : presetNames;
  const found = presets.flatMap((preset): (Decisive & { words: number })[] => {
    if (!leadsTo(checked, preset, goal)) return [];
    const own = leastOf(checked, preset, goal);
    const words = Object.keys(own).length + (preset === usual ? 0 : 1);
    return [{ preset, settings: own, words }];
  });
  const [{ words: _, ...least }] = found.sort((a, b) => a.words - b.words);
  return least;
}

/** The settings that are needed to lead to a run from a preset. */
function leastOf(settings: SettingValues, preset: Decisive['preset'], goal: string): SettingValues {
  let needed = settings;
  for (const { name } of runSettings) {
    if (needed[name] === undefined) continue;
    const { [name]: _, ...others } = needed;
    if (leadsTo(others, preset, goal)) needed = others;
  }
  return needed;
}

/** Whether settings are those of a run; some do not go together, such as a list for each layer with other layers. */
function leadsTo(given: SettingValues, preset: Decisive['preset'], goal: string): boolean {
  try {
    return resolved(given, preset) === goal;
  } catch (error) {
    if (HarmonicError.is(error)) return false;
    throw error;
  }
}

/** All settings of the run that given ones lead to, as a text to compare. */
function resolved(given: SettingValues, preset: Decisive['preset']): string {
  const { values } = resolveValues({ onCommandLine: {}, inFile: given, preset });
  // Then they are measured, unlike those that the configuration would have.
  const isOpen = ['periods', 'baseFreq', 'maxFreq'].every((name) => values[name] === undefined);
  const all = Object.entries({ ...completed(values), isOpen });
  return JSON.stringify(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** All settings of the run that given ones lead to, as its file has them. */
export const completeSettings = (given: SettingValues, preset: Decisive['preset']): SettingValues =>
  completed(resolveValues({ onCommandLine: {}, inFile: given, preset }).values);

function completed(values: TrainingValues): SettingValues {
  const shape =
    values.task === 'regression'
      ? ({ task: 'regression', inputSize: 1, outputs: 1 } as const)
      : { inputSize: 1, classes: 2 };
  const model = modelValues(resolveConfig({ ...modelOptions(values), ...shape }));
  return applicable({ ...model, ...kept(values) });
}
