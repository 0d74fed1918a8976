import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** {@link constant}, for tables. */
export const constantSchedule: ScheduleDefinition<WarmupSettings> = {
  name: 'constant',
  summary: 'The same rate throughout.',
  settings: { warmup },
  factor: (step, steps, { warmup }) => afterWarmup(step, steps, warmup, () => 1),
};

/**
 * The same rate throughout, after a warm-up if there is one.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds, or of an unknown name.
 * @example
 * ```ts
 * import { constant } from '@harmonic-mlp/freq-optimizer';
 *
 * constant({ warmup: 9 }).factor(0, 100); // => 0.1
 * ```
 */
export const constant = (settings?: Partial<WarmupSettings>): Schedule =>
  scheduleOf(constantSchedule, settings, 'constant({ warmup: 0.05 })');
