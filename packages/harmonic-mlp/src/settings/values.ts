import { HarmonicError, nearestName, option } from '@harmonic-mlp/core';
import { makeSchedule, type OptimizerName, optimizers, type Schedule } from '@harmonic-mlp/freq-optimizer';
import { activations } from '@harmonic-mlp/harmonic-layer';
import { type HarmonicMLPConfig, type HarmonicMLPOptions, modelSettings } from '../model';
import { requireSetting } from '../setting';
import { type Batch, classifier, type Task } from '../tasks';
import type { OptimizerOptions } from '../training';
import type { Setting } from './setting';
import { settings } from './table';
import { none } from './text';

/** Values of {@link settings} by name; settings left out have their defaults. Plain JSON. */
export type SettingValues = { readonly [name: string]: unknown };

/** Options of {@link requireSettings}. */
export interface Tables {
  /** The known settings. Default: {@link settings}. */
  table?: readonly Setting[];
  /** The file with the values, for errors. */
  file?: string;
}

/**
 * Checks values against the table of settings.
 *
 * @param values plain JSON, from a configuration file or a saved run.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown name, with the nearest known one, and for a value out of bounds.
 */
export function requireSettings(values: object, { table = settings, file }: Tables = {}): SettingValues {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'The configuration',
      value: values,
      allowed: 'an object of settings, such as {"hidden": [128], "learningRate": 0.003}',
      file,
    });
  }
  const checked = Object.entries(values).map(([name, value]) => {
    const setting = table.find((each) => each.name === name);
    if (setting === undefined) throw unknown(name, value, table, file);
    try {
      return [name, requireSetting(name, value, setting.type)] as const;
    } catch (error) {
      throw (error as HarmonicError).with({ file });
    }
  });
  return Object.fromEntries(checked);
}

function unknown(name: string, value: unknown, table: readonly Setting[], file: string | undefined) {
  // The name may be written as on the command line.
  const byFlag = table.find(({ flag }) => flag === name.replace(/^--/, ''));
  const near =
    byFlag?.name ??
    nearestName(
      name,
      table.map((each) => each.name),
    );
  return new HarmonicError('INVALID_ARGUMENT', {
    argument: name,
    value,
    allowed: `one of ${table.map((each) => each.name).join(', ')}`,
    problem: `There is no setting ${JSON.stringify(name)}.`,
    fix:
      near === undefined
        ? `The settings are ${table.map((each) => each.name).join(', ')}.`
        : `Did you mean "${near}"?`,
    file,
  });
}

/**
 * The defaults of a table's settings, by name; settings without a default, or with one only in words, are left out.
 *
 * @param given values whose `optimizer` decides the defaults of its settings.
 */
export function defaultValues(
  table: readonly Setting[] = settings,
  given: SettingValues = {},
): SettingValues {
  const kind = given.optimizer === 'adam' ? undefined : given.optimizer;
  const own = optimizers[kind as OptimizerName]?.settings ?? {};
  return Object.fromEntries(
    table.flatMap(({ name, type }) => {
      const fallback = own[name as keyof typeof own]?.default ?? type.default;
      return fallback === undefined ? [] : [[name, fallback] as const];
    }),
  );
}

/**
 * Whether a setting applies, given the value of the one that it depends on.
 *
 * @param values all values, with the `task` unless it is `classification`; those left out have the defaults of the table.
 */
export const applies = (
  { when }: Setting,
  values: SettingValues,
  table: readonly Setting[] = settings,
): boolean =>
  when === undefined || when.is.includes(String(values[when.setting] ?? defaultOf(when.setting, table)));

const defaultOf = (name: string, table: readonly Setting[]) =>
  name === 'task'
    ? modelSettings.task.default
    : [...table, ...settings].find((setting) => setting.name === name)?.type.default;

/**
 * Checks that given settings apply, or have their default.
 *
 * @param values all values of the run, with those that decide what applies, as in {@link applies}.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting that does not apply.
 */
export function requireApplicable(
  given: SettingValues,
  values: SettingValues,
  { table = settings, file }: Tables = {},
): void {
  for (const setting of table) {
    const { name, when, type } = setting;
    if ([undefined, type.default].includes(given[name] as never) || applies(setting, values, table)) continue;
    const { setting: decisive, is } = when!;
    const other = values[decisive] ?? defaultOf(decisive, table);
    // An option that is off is written as one: `verify: false`.
    const own = option(type.kind === 'flag' && type.default ? `${name}: false` : name);
    const [condition, fix] =
      decisive === 'task'
        ? [`for a ${anyOf(is)}, not for a ${other}`, `Leave ${own} out.`]
        : [
            `with ${option(decisive)} ${anyOf(is)}, not with ${other}`,
            `Leave ${own} out, or change ${option(decisive)}.`,
          ];
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      value: given[name],
      problem: `${own} applies only ${condition}.`,
      fix,
      file,
    });
  }
}

/** For example "cosine, linear, or step". */
const anyOf = (values: readonly string[]): string =>
  new Intl.ListFormat('en', { type: 'disjunction' }).format(values);

/** Values by name, where a limit that is `none` is left out, as the options have it. */
const pick = (values: SettingValues, names: readonly string[]): { [name: string]: unknown } =>
  Object.fromEntries(
    names.flatMap((name) => {
      const isNone = values[name] === none && isLimit(name);
      return values[name] === undefined || isNone ? [] : [[name, values[name]] as const];
    }),
  );

const isLimit = (name: string): boolean => {
  const type = settings.find((setting) => setting.name === name)?.type;
  return type?.kind === 'numberOrName' && type.default === none;
};

const namesOf = (group: string) =>
  settings.filter((setting) => setting.group === group).map(({ name }) => name);

/**
 * The options of the model that values describe, except for its task, input, and output. The default of a setting that is for one
 * task is left out.
 */
export const modelOptions = (values: SettingValues): HarmonicMLPOptions =>
  Object.fromEntries(
    Object.entries(pick(values, [...namesOf('model'), 'seed'])).filter(([name, value]) => {
      const { when, type } = settings.find((setting) => setting.name === name)!;
      return when?.setting !== 'task' || value !== type.default;
    }),
  );

/** The values of a model's settings, with their defaults, from its configuration: the opposite of {@link modelOptions}. */
export function modelValues(config: HarmonicMLPConfig): SettingValues {
  const { periods, baseFreq, maxFreq, ...others } = config;
  const table = settings.filter(({ group }) => group === 'model');
  const own = activations[config.activation]?.hyperparameters ?? {};
  const given = Object.entries(pick(others, [...namesOf('model'), 'seed'])).filter(
    ([name, value]) => !isHyperparameter(name) || (name in own && own[name].default !== value),
  );
  const ofPeriods =
    periods === undefined
      ? { baseFreq, maxFreq }
      : { periods: new Set(periods).size === 1 ? periods[0] : periods.join('/') };
  const hasPeriods = activations[config.activation]?.hasPeriods;
  return { ...defaultValues(table), ...Object.fromEntries(given), ...(hasPeriods && ofPeriods) };
}

const isHyperparameter = (name: string): boolean =>
  Object.values(activations).some(({ hyperparameters }) => name in hyperparameters);

/** The settings of the optimizer that values describe, for `createOptimizer`. */
export const optimizerOptions = (values: SettingValues): OptimizerOptions =>
  pick(values, namesOf('optimizer'));

/**
 * The task that values describe, for `fit`; undefined for the model's own.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a label smoothing that is out of bounds.
 */
export function taskOption({ labelSmoothing }: SettingValues): Task<Batch> | undefined {
  return labelSmoothing ? classifier({ labelSmoothing: labelSmoothing as number }) : undefined;
}

/**
 * The schedule that values describe, for `fit`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting of another kind of schedule, and for a value that the schedule
 *   refuses.
 */
export function scheduleOption(values: SettingValues): Schedule | string {
  const { schedule = 'plateau' } = values as { schedule?: string };
  const given = settings.filter(
    ({ name, when }) => when?.setting === 'schedule' && values[name] !== undefined,
  );
  requireApplicable(values, values, { table: given });
  if (given.length === 0) return schedule;
  const short = (name: string) => name.replace(/schedule(.)/, (_, letter: string) => letter.toLowerCase());
  try {
    return makeSchedule(
      schedule,
      Object.fromEntries(given.map(({ name }) => [short(name), values[name]] as const)),
    );
  } catch (error) {
    const setting = given.find(({ name }) => short(name) === (error as HarmonicError).argument);
    throw setting ? (error as HarmonicError).with({ argument: setting.name }) : error;
  }
}
