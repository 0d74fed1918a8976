import {
  type Bounds,
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';

/**
 * A learning-rate schedule: a factor for the rate, as a pure function of the step. It depends only on the name, the settings,
 * and the length of the run, so a resumed run follows exactly the same curve. `makeSchedule` recreates it from its name and
 * settings, which are plain data.
 */
export interface Schedule {
  /** The kind, such as `cosine`. */
  readonly name: string;
  /** All settings, defaults included. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * The factor for a step.
   *
   * @param step the step, counted from 0. From `steps` on, the factor is constant.
   * @param steps the length of the schedule in steps, at least 1.
   */
  factor(step: number, steps: number): number;
}

/** A setting of a kind of schedule. */
export interface ScheduleSetting {
  /** The default. */
  readonly default: number;
  /** What is allowed. */
  readonly bounds: Bounds;
  /** Whether it is a length: a fraction of the run if less than 1, else a number of steps. */
  readonly isLength?: boolean;
  /** One sentence, for help texts. */
  readonly summary: string;
}

/** A kind of schedule. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds definitions of all settings
export interface ScheduleDefinition<S extends Record<string, number> = any> {
  /** The name by which it is made. */
  readonly name: string;
  /** One sentence, for help texts. */
  readonly summary: string;
  /** The settings that it takes. */
  readonly settings: { readonly [K in keyof S]: ScheduleSetting };
  /** The factor for a step from 0 to `steps`; the settings are checked and complete. */
  factor(step: number, steps: number, settings: S): number;
}

/** Converts a length to steps: less than 1, it is a fraction of the run, else a number of steps. */
export const stepsOf = (length: number, steps: number): number =>
  length < 1 ? Math.round(length * steps) : length;

/**
 * Makes a schedule from its definition.
 *
 * @param example a correct call, for error messages.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 */
export function scheduleOf<S extends Record<string, number>>(
  definition: ScheduleDefinition<S>,
  settings: Partial<S> | undefined,
  example: string,
): Schedule {
  const known = definition.settings as KnownOptions<object> as KnownOptions<Partial<S>>;
  const given = requireOptions<Partial<S>>('settings', settings, example, known);
  const checked = Object.entries<ScheduleSetting>(definition.settings).map(
    ([name, { default: value, bounds, isLength }]) => {
      const check = isLength ? requireLength : requireNumber;
      return [name, check(name, given[name] === undefined ? value : given[name], bounds)] as const;
    },
  );
  const complete = Object.freeze(Object.fromEntries(checked)) as S;
  return schedule(definition.name, complete, (step, steps) => definition.factor(step, steps, complete));
}

/** Makes a schedule from a factor that is defined from 0 to `steps`. */
export function schedule(name: string, settings: Schedule['settings'], factor: Schedule['factor']): Schedule {
  return {
    name,
    settings,
    factor(step, steps) {
      requireNumber('steps', steps, { integer: true, min: 1 });
      return factor(Math.min(requireNumber('step', step, { integer: true, min: 0 }), steps), steps);
    },
  };
}

/** Whether a value is a {@link Schedule}. */
export function isSchedule(value: unknown): value is Schedule {
  const { name, settings, factor } = (value ?? {}) as Partial<Record<keyof Schedule, unknown>>;
  return typeof name === 'string' && typeof settings === 'object' && typeof factor === 'function';
}

function requireLength(name: string, length: unknown, bounds: Bounds): number {
  const value = requireNumber(name, length, bounds);
  if (value < 1 || Number.isInteger(value)) return value;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: name,
    value,
    allowed: 'a fraction of the run less than 1, or a whole number of steps',
  });
}
