import { HarmonicError } from '@harmonic-mlp/core';
import {
  applicable,
  defaultsFor,
  kept,
  repositoryCommand,
  runSettings,
  taskOf,
  withSpaces,
} from '@harmonic-mlp/node-trainer';
import { resolveConfig } from 'harmonic-mlp';
import {
  defaultValues,
  formatSetting,
  modelOptions,
  modelValues,
  requireSettings,
  type SettingValues,
} from 'harmonic-mlp/settings';

/** The command line that trains with the settings that {@link decisiveSettings} finds. */
export function trainCommand(decisive: SettingValues): string {
  const options = Object.entries(decisive).flatMap(([name, value]) => {
    const { flag, type } = runSettings.find((setting) => setting.name === name)!;
    if (type.kind === 'flag') return [value === true ? `--${flag}` : `--no-${flag}`];
    return [`--${flag}`, formatSetting(value)];
  });
  return withSpaces(repositoryCommand('train', ...options));
}

/**
 * The settings without which a run would be another one: those that differ from their defaults, in the order of the table.
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
  return Object.fromEntries(
    runSettings.flatMap(({ name }) => (needed[name] === undefined ? [] : [[name, needed[name]]])),
  );
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
  const usual = defaultValues(runSettings, given);
  const dataset = String(given.dataset ?? usual.dataset);
  const values = { ...usual, ...defaultsFor(dataset, given), ...given };
  const task = taskOf(dataset);
  const shape =
    task === 'regression' ? ({ task, inputSize: 1, outputs: 1 } as const) : { inputSize: 1, classes: 2 };
  const model = modelValues(resolveConfig({ ...modelOptions(values), ...shape }));
  const all: SettingValues = applicable({ ...model, ...kept(values) });
  return JSON.stringify(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}
