import type { PresetName } from 'harmonic-mlp';
import { formatSetting, presetNames, type Setting, type SettingValues } from 'harmonic-mlp/settings';
import { usualPreset } from '../data';
import { runSettings } from '../run-settings';
import { completeSettings } from '../train-command';
import type { Run } from './run';

/** Where a value is the same as if it had not been given, or does not matter for the result. */
const isShown = ({ name }: Setting) => name !== 'backend' && name !== 'threads';

/** What is other in a run than in a preset. */
export interface Changed {
  /** The preset with which it has the most in common; undefined for the defaults of data made by a formula. */
  readonly preset?: PresetName;
  /** The other settings, in the order of the table. */
  readonly settings: SettingValues;
}

/** The settings of a run that differ from those of a preset for its data set and its other choices. */
export function changedSettings({ settings }: Run): Changed {
  const usual = usualPreset(String(settings.dataset));
  const presets = usual === undefined ? [undefined, ...presetNames] : presetNames;
  const all = presets.map((preset): Changed => ({ preset, settings: changedFrom(preset, settings) }));
  const words = ({ preset, settings: changed }: Changed) =>
    Object.keys(changed).length + (preset === usual ? 0 : 1);
  return all.reduce((a, b) => (words(b) < words(a) ? b : a));
}

function changedFrom(preset: Changed['preset'], settings: SettingValues): SettingValues {
  const plain = completed({ dataset: settings.dataset }, preset);
  const isOwn = (name: string, usual: SettingValues) =>
    settings[name] !== undefined && !isSame(settings[name], usual[name]);
  // What is usual for a setting depends on the optimizer, the schedule, and other choices, and on the number of layers.
  const decisive = runSettings.filter(({ name, type }) => type.kind === 'choice' || name === 'hidden');
  const choices = decisive.filter(({ name }) => isOwn(name, plain)).map(({ name }) => [name, settings[name]]);
  const usual = completed({ dataset: settings.dataset, ...Object.fromEntries(choices) }, preset);
  return Object.fromEntries(
    runSettings.flatMap((setting) => {
      const { name } = setting;
      // Data made by a formula have measured periods, which the run keeps.
      const isMeasured = name === 'baseFreq' && settings.periods !== undefined;
      const isChanged = isOwn(name, decisive.includes(setting) ? plain : usual);
      return isChanged && isShown(setting) && !isMeasured ? [[name, settings[name]]] : [];
    }),
  );
}

function completed(given: SettingValues, preset: Changed['preset']): SettingValues {
  try {
    return completeSettings(given, preset);
  } catch {
    // A later version may know other choices.
    return completeSettings({}, preset);
  }
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What differs between runs: a name, and a text for each run. */
export interface Difference {
  name: string;
  /** Undefined where a run has no such thing. */
  values: unknown[];
}

/** The settings that are not the same in all runs, in the order of the table. */
export function differingSettings(runs: readonly Run[]): Difference[] {
  const names = runSettings.map(({ name }) => name);
  return differing(
    names,
    runs.map(({ settings }) => settings),
  );
}

/** What is not the same in all runs of the programs and the machines that trained them. */
export function differingSetup(runs: readonly Run[]): Difference[] {
  const setups = runs.map(setupOf);
  return differing([...new Set(setups.flatMap(Object.keys))], setups);
}

function differing(names: readonly string[], of: readonly Readonly<Record<string, unknown>>[]): Difference[] {
  return names
    .map((name) => ({ name, values: of.map((each) => each[name]) }))
    .filter(({ values }) => values.some((value) => !isSame(value, values[0])));
}

/** With what a run was trained, by names for people. */
export function setupOf({ config }: Run): Record<string, unknown> {
  const {
    computes,
    backend,
    device,
    simd,
    threads,
    captured,
    platform,
    machine = {},
    versions = {},
  } = config;
  const { processor, cores, memoryBytes } = machine;
  const setup = {
    backend: computes ?? backend,
    device,
    simd,
    threads,
    'as a program': captured,
    platform,
    processor: processor === device ? undefined : processor,
    cores,
    memory: memoryBytes === undefined ? undefined : `${Math.round(memoryBytes / 2 ** 30)} GiB`,
    ...versions,
  };
  return Object.fromEntries(Object.entries(setup).filter(([, value]) => value !== undefined));
}

/** The text of a value, or – where there is none. */
export const valueText = (value: unknown): string => (value === undefined ? '–' : formatSetting(value));

/** The model of a run in short: `512-256 harmonic`. */
export function modelText({ settings: { hidden, activation } }: Run): string {
  const units = Array.isArray(hidden) && hidden.length > 0 ? hidden.join('-') : '';
  return [units, activation].filter(Boolean).join(' ') || '–';
}
