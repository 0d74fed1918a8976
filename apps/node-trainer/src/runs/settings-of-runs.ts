import { formatSetting, type Setting, type SettingValues } from 'harmonic-mlp/settings';
import { resolveValues } from '../experiment';
import { runSettings } from '../run-settings';
import type { Run } from './run';

/** Where a value is the same as if it had not been given, or does not matter for the result. */
const isShown = ({ name }: Setting) => name !== 'backend' && name !== 'threads';

/** The settings of a run that differ from the defaults for its data set and its other choices, in the order of the table. */
export function changedSettings({ settings }: Run): SettingValues {
  const usual = defaultsOf(settings);
  return Object.fromEntries(
    runSettings.flatMap((setting) => {
      const { name } = setting;
      const isOwn = settings[name] !== undefined && !isSame(settings[name], usual[name]);
      // Data made by a formula have measured periods, which the run keeps.
      const isMeasured = name === 'baseFreq' && settings.periods !== undefined;
      return isOwn && isShown(setting) && !isMeasured ? [[name, settings[name]]] : [];
    }),
  );
}

/** The defaults with a run's data set, optimizer, schedule and other choices. */
function defaultsOf(settings: SettingValues): SettingValues {
  const plain = resolved({ dataset: settings.dataset });
  const choices = runSettings.filter(
    ({ name, type }) =>
      type.kind === 'choice' && settings[name] !== undefined && !isSame(settings[name], plain[name]),
  );
  return resolved({
    dataset: settings.dataset,
    ...Object.fromEntries(choices.map(({ name }) => [name, settings[name]])),
  });
}

function resolved(given: SettingValues): SettingValues {
  try {
    return resolveValues({ onCommandLine: {}, inFile: given }).values;
  } catch {
    // A later version may know other choices.
    return resolveValues({ onCommandLine: {}, inFile: {} }).values;
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
