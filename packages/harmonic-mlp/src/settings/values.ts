import { HarmonicError, nearestName, option } from '@harmonic-mlp/core';
import { makeSchedule, type OptimizerName, optimizers, type Schedule } from '@harmonic-mlp/freq-optimizer';
import type { HarmonicMLPOptions } from '../model';
import { requireSetting } from '../setting';
import type { OptimizerOptions } from '../training';
import type { Setting } from './setting';
import { settings } from './table';

/** Values of {@link settings} by their names; what is left out is the default. Plain JSON. */
export type SettingValues = { readonly [name: string]: unknown };

/** Values, and what else a command or a file knows, under settings of its own. */
export interface Tables {
  /** Default: {@link settings}. */
  table?: readonly Setting[];
  /** The file that they are of, for errors. */
  file?: string;
}

/**
 * Checks values by the table of settings.
 *
 * @param values plain JSON, as a configuration file or a saved run has it.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a name that no setting has, with the nearest one, and for a value that is not
 *   allowed.
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
      throw HarmonicError.is(error) && file !== undefined ? error.with({ file }) : error;
    }
  });
  return Object.fromEntries(checked);
}

function unknown(name: string, value: unknown, table: readonly Setting[], file: string | undefined) {
  // People may write a name as the command line has it.
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
 * The defaults of a table's settings, by their names; those that have none, or one in words, are left out.
 *
 * @param given of these, the optimizer decides on the defaults of its settings.
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

const pick = (values: SettingValues, names: readonly string[]): object =>
  Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]] as const])),
  );

const namesOf = (group: string) =>
  settings.filter((setting) => setting.group === group).map(({ name }) => name);

/** The options of the model that values describe, but for its input and output. */
export const modelOptions = (values: SettingValues): HarmonicMLPOptions =>
  pick(values, [...namesOf('model'), 'seed']);

/** The settings of the optimizer that values describe, for `createOptimizer`. */
export const optimizerOptions = (values: SettingValues): OptimizerOptions =>
  pick(values, namesOf('optimizer'));

/**
 * The schedule that values describe, for `fit`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting of another kind of schedule, and for a value that the schedule
 *   does not take.
 */
export function scheduleOption(values: SettingValues): Schedule | string {
  const { schedule = 'plateau' } = values as { schedule?: string };
  const given = settings.filter(
    ({ name, when }) => when?.setting === 'schedule' && values[name] !== undefined,
  );
  for (const { name, when } of given) {
    if (when!.is.includes(schedule)) continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: name,
      value: values[name],
      problem: `${option(name)} is a setting of ${when!.is.join(', ')}, and the schedule is ${schedule}.`,
      fix: `Give ${option('schedule')} ${when!.is[0]}, or leave ${option(name)} out.`,
    });
  }
  if (given.length === 0) return schedule;
  const short = (name: string) => name.replace(/^schedule(.)/, (_, letter: string) => letter.toLowerCase());
  try {
    return makeSchedule(
      schedule,
      Object.fromEntries(given.map(({ name }) => [short(name), values[name]] as const)),
    );
  } catch (error) {
    const setting = HarmonicError.is(error) && given.find(({ name }) => short(name) === error.argument);
    throw setting ? (error as HarmonicError).with({ argument: setting.name }) : error;
  }
}
