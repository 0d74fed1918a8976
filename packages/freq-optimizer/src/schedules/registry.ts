import { HarmonicError, type KnownOptions, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import { constantSchedule } from './constant';
import { cosineSchedule } from './cosine';
import { exponentialSchedule } from './exponential';
import { type JoinSettings, join } from './join';
import { linearSchedule } from './linear';
import { oneCycleSchedule } from './one-cycle';
import { type Schedule, type ScheduleDefinition, type ScheduleSetting, scheduleOf } from './schedule';
import { stepSchedule } from './step';

/** The kinds of schedules by name, including registered ones: the source of help texts and checks. */
export const schedules: { readonly [name: string]: ScheduleDefinition } = {
  constant: constantSchedule,
  step: stepSchedule,
  exponential: exponentialSchedule,
  linear: linearSchedule,
  cosine: cosineSchedule,
  'one-cycle': oneCycleSchedule,
};

/**
 * Makes a schedule from a name and settings, as they appear in files and on command lines.
 *
 * @param name a name in {@link schedules}, or `join`.
 * @param settings the settings that differ from the defaults; for `join`, its `schedules` and `boundaries`.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown schedule or setting (the error suggests the nearest known name)
 *   and for a setting out of bounds.
 * @example
 * ```ts
 * import { cosine, makeSchedule } from '@harmonic-mlp/freq-optimizer';
 *
 * const { name, settings } = JSON.parse(JSON.stringify(cosine({ warmup: 0.05 })));
 * makeSchedule(name, settings).factor(5, 100); // => 1
 * ```
 */
export function makeSchedule(name: string, settings?: Schedule['settings']): Schedule {
  const example = `makeSchedule(${JSON.stringify(name)}, settings)`;
  if (name === 'join') {
    const { schedules, boundaries } = requireOptions(
      'settings',
      settings as JoinSettings | undefined,
      example,
      { schedules: true, boundaries: true },
    );
    const made = Array.isArray(schedules)
      ? schedules.map((part) => makeSchedule(part?.name, part?.settings))
      : schedules;
    return join(made as Schedule[], boundaries);
  }
  const kind = requireOneOf('schedule', name, [...Object.keys(schedules), 'join']);
  return scheduleOf(schedules[kind], settings, example);
}

/**
 * Adds a kind of schedule to {@link schedules}, so that {@link makeSchedule} and `fit` know it. Register it before you
 * import `harmonic-mlp/settings`, whose rows are made once.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a definition without a name, a summary, settings, or a factor, for a setting
 *   without bounds or a summary, for a default out of bounds, and for a name that is already taken.
 * @example
 * ```ts
 * import { makeSchedule, registerSchedule } from '@harmonic-mlp/freq-optimizer';
 *
 * registerSchedule({
 *   name: 'polynomial',
 *   summary: 'Decays with a power of the remaining steps.',
 *   settings: { power: { default: 2, bounds: { above: 0 }, summary: 'Exponent.' } },
 *   factor: (step, steps, { power }) => (1 - step / steps) ** power,
 * });
 * makeSchedule('polynomial', { power: 3 }).factor(50, 100); // => 0.125
 * ```
 */
export function registerSchedule<S extends Record<string, number>>(definition: ScheduleDefinition<S>): void {
  const example = 'registerSchedule({ name, summary, settings, factor })';
  const known: KnownOptions<ScheduleDefinition<S>> = {
    name: true,
    summary: true,
    settings: true,
    factor: true,
  };
  const { name, summary, settings, factor } = requireOptions('definition', definition, example, known);
  if (!isText(name) || !isText(summary) || !isObject(settings) || typeof factor !== 'function')
    throw refused(
      'definition',
      definition,
      'a definition with a name, a summary, settings, and a factor function',
    );
  for (const [key, setting] of Object.entries<ScheduleSetting>(settings)) {
    if (isText(setting?.summary) && isObject(setting.bounds)) continue;
    throw refused(`settings.${key}`, setting, 'a setting with a default, bounds, and a summary');
  }
  scheduleOf(definition, undefined, example); // Checks the defaults.
  // Where a schedule is given by name, `plateau` is a ReduceLROnPlateau.
  if (['join', 'plateau', ...Object.keys(schedules)].includes(name))
    throw refused('name', name, 'a name that is not taken');
  (schedules as Record<string, ScheduleDefinition>)[name] = definition;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const refused = (argument: string, value: unknown, allowed: string) =>
  new HarmonicError('INVALID_ARGUMENT', { argument, value, allowed });
