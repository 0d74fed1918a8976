import { type Schedule, type ScheduleDefinition, scheduleOf } from './schedule';
import { afterWarmup, type WarmupSettings, warmup } from './warmup';

/** Settings of {@link exponential}. */
export type ExponentialSettings = WarmupSettings & {
  /** Factor at the end, in (0, 1]. Default 0.01. */
  final: number;
};

/** The definition of {@link exponential}. */
export const exponentialSchedule: ScheduleDefinition<ExponentialSettings> = {
  name: 'exponential',
  summary: 'Decays exponentially.',
  settings: {
    final: { default: 0.01, bounds: { above: 0, max: 1 }, summary: 'Factor at the end.' },
    warmup,
  },
  factor: (step, steps, { final, warmup }) =>
    afterWarmup(step, steps, warmup, (step, steps) => final ** (step / steps)),
};

/**
 * Exponential decay: `final^(step/steps)`. PyTorch's `ExponentialLR` takes the ratio between two steps instead:
 * `final = gamma^steps`.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a setting out of bounds or with an unknown name.
 * @example
 * ```ts
 * import { exponential } from '@harmonic-mlp/freq-optimizer';
 *
 * exponential({ final: 0.01 }).factor(50, 100); // => 0.1
 * ```
 */
export const exponential = (settings?: Partial<ExponentialSettings>): Schedule =>
  scheduleOf(exponentialSchedule, settings, 'exponential({ final: 0.05 })');
