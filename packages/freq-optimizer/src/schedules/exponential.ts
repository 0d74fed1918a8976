import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** Settings of {@link exponential}. */
export type ExponentialSettings = WarmupSettings & {
  /** The factor at the end, in (0, 1]. Default 0.01. */
  final: number;
};

/** {@link exponential}, for tables. */
export const exponentialSchedule: ScheduleDefinition<ExponentialSettings> = {
  name: 'exponential',
  summary: 'Falls by the same ratio in every step.',
  settings: {
    final: { default: 0.01, bounds: { above: 0, max: 1 }, summary: 'The factor at the end.' },
    warmup,
  },
  factor: (step, steps, { final, warmup }) =>
    afterWarmup(step, steps, warmup, (step, steps) => final ** (step / steps)),
};

/**
 * Exponential decay: `final^(step/steps)`. PyTorch's `ExponentialLR` has the ratio of two steps, `gamma`:
 * `final = gamma^steps`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds, or of an unknown name.
 * @example
 * ```ts
 * import { exponential } from '@harmonic-mlp/freq-optimizer';
 *
 * exponential({ final: 0.01 }).factor(50, 100); // => 0.1
 * ```
 */
export const exponential = (settings?: Partial<ExponentialSettings>): Schedule =>
  scheduleOf(exponentialSchedule, settings, 'exponential({ final: 0.05 })');
