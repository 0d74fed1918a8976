import { HarmonicError } from '@harmonic-mlp/core';
import { isSchedule, type Schedule, schedule, stepsOf } from './schedule';

/** Settings of {@link join}, as plain data. */
export type JoinSettings = {
  /** The names and settings of the schedules, in order. */
  schedules: readonly { readonly name: string; readonly settings: Schedule['settings'] }[];
  /** The start of each schedule except the first. */
  boundaries: readonly number[];
};

/**
 * Joins schedules: each one treats the part of the run from its boundary to the next as a separate run, like PyTorch's
 * `SequentialLR` and optax's `join_schedules`.
 *
 * @param schedules at least one.
 * @param boundaries the start of each schedule except the first, in ascending order: all fractions of the run, less than 1,
 *   or all steps.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for something that is not a schedule, and for boundaries that do not ascend, that
 *   mix fractions and steps, or whose number does not match.
 * @example
 * ```ts
 * import { constant, cosine, join } from '@harmonic-mlp/freq-optimizer';
 *
 * const schedule = join([constant({ warmup: 0.1 }), cosine()], [0.8]);
 * schedule.factor(90, 100); // => 0.5
 * ```
 */
export function join(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  requireParts(schedules, boundaries);
  const settings: JoinSettings = {
    schedules: schedules.map(({ name, settings }) => ({ name, settings })),
    boundaries: [...boundaries],
  };
  return schedule('join', Object.freeze(settings), (step, steps) => {
    const starts = [0, ...boundaries.map((boundary) => stepsOf(boundary, steps))];
    const part = starts.filter((start) => start <= step).length - 1;
    const start = starts[part];
    const end = starts[part + 1] ?? steps;
    return schedules[part].factor(step - start, Math.max(1, end - start));
  });
}

function requireParts(schedules: readonly Schedule[], boundaries: readonly number[]): void {
  const fix = 'Join schedules as in join([constant(), cosine()], [0.5]).';
  if (!Array.isArray(schedules) || schedules.length === 0) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'schedules',
      value: schedules,
      allowed: 'a list of schedules',
      fix,
    });
  }
  for (const [i, value] of schedules.entries()) {
    if (isSchedule(value)) continue;
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: `schedules[${i}]`,
      value,
      allowed: 'a schedule',
      fix,
    });
  }
  const rise =
    Array.isArray(boundaries) &&
    boundaries.length === schedules.length - 1 &&
    (boundaries.every((boundary) => boundary < 1) || boundaries.every(Number.isSafeInteger)) &&
    boundaries.every((boundary, i) => boundary > (boundaries[i - 1] ?? 0));
  if (rise) return;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'boundaries',
    value: boundaries,
    allowed: `a list of ${schedules.length - 1} ascending fractions of the run, or as many steps`,
    fix,
  });
}
