import {
  type Bounds,
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';

/**
 * A learning-rate schedule: what the rate is multiplied by, as a pure function of the step. All that it depends on is its
 * name, its settings and the run's length, so a run that is resumed follows the same curve to the bit. Its JSON is
 * `{ name, settings }`, from which `makeSchedule` makes it again.
 */
export interface Schedule {
  /** The kind: `cosine`. */
  readonly name: string;
  /** All settings, defaults included. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * The factor of a step.
   *
   * @param step how many steps were taken before, from 0. From `steps` on, the factor stays as it is there.
   * @param steps how many steps the schedule is long, at least 1.
   */
  factor(step: number, steps: number): number;
}

/** One setting of a kind of schedule. */
export interface ScheduleSetting {
  readonly default: number;
  readonly bounds: Bounds;
  /** Whether it is a length: below 1 a fraction of the run, from 1 on a number of steps. */
  readonly isLength?: boolean;
  /** One sentence, for help texts. */
  readonly summary: string;
}

/** A kind of schedule. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds definitions of all settings
export interface ScheduleDefinition<S extends Record<string, number> = any> {
  readonly name: string;
  /** One sentence, for help texts. */
  readonly summary: string;
  readonly settings: { readonly [K in keyof S]: ScheduleSetting };
  /** The factor of a step from 0 to `steps`; the settings are checked and complete. */
  factor(step: number, steps: number, settings: S): number;
}

/** The steps of a length: below 1 it is a fraction of the run, from 1 on a number of steps. */
export const stepsOf = (length: number, steps: number): number =>
  length < 1 ? Math.round(length * steps) : length;

/**
 * A schedule of a kind.
 *
 * @param example how its settings are given, for messages.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds, or of an unknown name.
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

/** Completes a factor that is defined from 0 to `steps`. */
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

/** Whether something is a {@link Schedule}. */
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
