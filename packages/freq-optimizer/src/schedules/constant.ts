import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** The definition of {@link constant}. */
export const constantSchedule: ScheduleDefinition<WarmupSettings> = {
  name: 'constant',
  summary: 'A constant rate.',
  settings: { warmup },
  factor: (step, steps, { warmup }) => afterWarmup(step, steps, warmup, () => 1),
};

/**
 * A constant rate, after an optional warm-up.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 * @example
 * ```ts
 * import { constant } from '@harmonic-mlp/freq-optimizer';
 *
 * constant({ warmup: 9 }).factor(0, 100); // => 0.1
 * ```
 */
export const constant = (settings?: Partial<WarmupSettings>): Schedule =>
  scheduleOf(constantSchedule, settings, 'constant({ warmup: 0.05 })');
